// The operation "activation" of the feed-forward layer: GELU (tanh form), relu^2, SwiGLU.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "tensor/backends.h"

namespace sinkmoe::model {

// Kinds "gelu", "relu2" with h [N,F], and "swiglu" with h [N,2F] = [gate | up].
struct Activation {
  static constexpr const char* name = "activation";
  struct Kernels {
    // a [N,F]. May leave in h what its own backward pass wants instead.
    at::Tensor (*forward)(const std::string& kind, const at::Tensor& h);
    // dh as h, from the h that forward left. da_NF may be written over.
    at::Tensor (*backward)(const std::string& kind, const at::Tensor& h, const at::Tensor& da_NF);
  };
};

}  // namespace sinkmoe::model
