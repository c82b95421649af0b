// Low-rank adapters (LoRA, Hu et al., arXiv 2106.09685) on qkv_proj and o_proj of every layer:
//   W = W_0 + (alpha / r) B A,   A [r, in] normal with deviation 1 / sqrt(in),   B [out, r] zero.
// Everything but A and B keeps its values. The model always holds W itself, so that forward,
// evaluation and saved weights are those of a model without adapters; the gradients of A and B are
// read off the gradient of W.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "model/decoder.h"

namespace sinkmoe::train {

class LowRankAdapters {
 public:
  // Declares and draws A and B from config.train.seed; the model's present weights are W_0.
  // config.train.lora_rank >= 1.
  explicit LowRankAdapters(model::Decoder& model);

  tensor::ParamSet& params() { return params_; }               // A and B: what the optimizer trains
  const at::Tensor& base() const { return base_; }             // all of the model's W_0, flat, [n]
  const at::Tensor& values() const { return params_.flat(); }  // A and B, flat
  // The model's present weights become W_0; A and B stay.
  void take_base();
  // Back to a stored state (the flat tensors of base() and values()). Throws Error: other sizes.
  void restore(const at::Tensor& base, const at::Tensor& values);

  void write_weights();     // W into the model; after every change of A, B or W_0
  void gather_gradients();  // dA, dB from the model's gradients; after backward

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
