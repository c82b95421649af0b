// The control runs of train.control, and parameters that keep their values.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <vector>

#include "tensor/params.h"

namespace sinkmoe::train {

// Permutes targets over the positions of a batch, in place, so that only the unigram can be
// learned. target_N int64 on the CPU; a pure function of (seed, step, first_row).
void shuffle_targets(const at::Tensor& target_N, uint64_t seed, int64_t step, int64_t first_row);

// True for the parameters of attention: projections, sink logits, gate weights, QK-norms.
bool is_attention(const std::string& parameter);

// Keeps the chosen parameters at their values at construction. Their gradients are cleared before
// the gradient norm is computed, and weight decay is undone after each step.
class FrozenParams {
 public:
  FrozenParams(const tensor::ParamSet& params,
               const std::function<bool(const std::string&)>& chosen);
  void clear_gradients() const;  // call after backward, before the optimizer
  void restore() const;          // call after the optimizer
  int64_t count() const;         // number of parameters that are kept

 private:
  struct Slice {
    at::Tensor value, gradient, kept;  // views of the flat buffers, and a copy
  };
  std::vector<Slice> slices_;
};

}  // namespace sinkmoe::train
