// A mixture-of-experts feed-forward layer: a router sends each token through its top experts.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "pretrained/checkpoint.h"

namespace sinkmoe::inference {

class LoadedExperts {
 public:
  // Matrices stay in their stored type; an expert is converted to fp32 while it computes.
  LoadedExperts(const pretrained::Model& model, const pretrained::Experts& plan);
  // x [.., C] -> the same shape. Thread-safe.
  at::Tensor forward(const at::Tensor& x) const;

 private:
  struct Matrices {
    at::Tensor weight, blocks, scales, bias;
    at::Tensor expert(int64_t index) const;  // [in, out] fp32
  };
  struct Feed {
    at::Tensor gate, up, down;  // [out, in]
  };
  static Matrices load(const pretrained::Model& model, const pretrained::ExpertMatrices& m);
  static Feed load(const pretrained::Model& model, const pretrained::GatedFeed& feed);
  static at::Tensor through(const Feed& feed, const at::Tensor& x_NC);
  at::Tensor compute(int64_t index, const at::Tensor& x_NC) const;

  const pretrained::Experts& plan_;
  at::Tensor router_, router_bias_;
  Matrices gate_up_, down_;
  std::vector<Feed> each_;
  Feed shared_;
  at::Tensor shared_gate_;
};

// MXFP4 (Open Compute Project, 2023): pairs of 4-bit numbers, the lower half of a byte first, in
// blocks of 32 that share a power of two. blocks [.., G, 16] and scales [.., G] of bytes; fp32
// [.., 32 G].
at::Tensor from_mxfp4(const at::Tensor& blocks, const at::Tensor& scales);

}  // namespace sinkmoe::inference
