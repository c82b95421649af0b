// Whether a backward pass must compute the gradient of an input. A frozen weight needs none, and its
// product would cost as much as that of the activations.
#pragma once

#include <torch/csrc/autograd/custom_function.h>

namespace sinkmoe::model {

// `input` counts the tensors among the arguments of forward().
inline bool trains(const torch::autograd::AutogradContext* ctx, size_t input) {
  return ctx->needs_input_grad(input);
}

}  // namespace sinkmoe::model
