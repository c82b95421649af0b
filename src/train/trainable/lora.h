// Low-rank adapters (LoRA, Hu et al., arXiv 2106.09685) on qkv_proj and o_proj of every layer:
//   W = W_0 + (alpha / r) B A,   A [r, in] normal with deviation 1 / sqrt(in),   B [out, r] zero.
// Everything else keeps its values. The model always holds W itself, so forward pass, evaluation
// and saved weights are those of a model without adapters. The gradients of A and B are computed
// from the gradient of W.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "model/decoder.h"

namespace sinkmoe::train {

class LowRankAdapters {
 public:
  // Declares A and B and draws them from config.train.seed; W_0 is the model's current weights.
  // config.train.lora_rank >= 1.
  explicit LowRankAdapters(model::Decoder& model);

  tensor::ParamSet& params() { return params_; }    // A and B, which the optimizer trains
  const at::Tensor& base() const { return base_; }  // all of the model's W_0, flat, [n]
  const at::Tensor& values() const { return params_.flat(); }  // A and B, flat
  // Makes the model's current weights W_0; A and B do not change.
  void take_base();
  // Restores a stored state (the flat tensors of base() and values()). Throws Error: other sizes.
  void restore(const at::Tensor& base, const at::Tensor& values);

  void write_weights();     // writes W into the model; call after every change of A, B or W_0
  void gather_gradients();  // computes dA, dB from the model's gradients; call after backward

 private:
  struct Adapter {
    const at::Tensor *A_RI, *B_OR;               // of params_
    at::Tensor weight_OI, gradient_OI, base_OI;  // views of the model's flat buffers and of base_
  };

  model::Decoder& model_;
  double scale_;
  tensor::ParamSet params_;
  at::Tensor base_;
  std::vector<Adapter> adapters_;
};

}  // namespace sinkmoe::train
