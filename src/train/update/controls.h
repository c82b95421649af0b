// Controls of what training does (train.control), and parameters that keep their values.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <vector>

#include "tensor/params.h"

namespace sinkmoe::train {

// Permutes targets over the positions of a batch, in place: what is left to learn is the unigram.
// target_N int64 on the CPU; a pure function of (seed, step, first_row).
void shuffle_targets(const at::Tensor& target_N, uint64_t seed, int64_t step, int64_t first_row);

// True for the parameters of attention: projections, sink logits, gate weights, QK-norms.
bool is_attention(const std::string& parameter);

// Keeps the chosen parameters at the values they have when this is made. Their gradients are
// cleared before they count in the gradient norm, and weight decay is undone after each step.
class FrozenParams {
 public:
  FrozenParams(const tensor::ParamSet& params,
               const std::function<bool(const std::string&)>& chosen);
  void clear_gradients() const;  // after backward, before the optimizer
  void restore() const;          // after the optimizer
  int64_t count() const;         // numbers that are kept

 private:
  struct Slice {
    at::Tensor value, gradient, kept;  // views of the flat buffers, and a copy
  };
  std::vector<Slice> slices_;
};

}  // namespace sinkmoe::train
