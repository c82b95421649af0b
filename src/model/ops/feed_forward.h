// The operation "activation" of the feed-forward layer: GELU (tanh form), relu^2, SwiGLU.
#pragma once

#include <ATen/core/Tensor.h>

#include "config/choices.h"
#include "tensor/backends.h"

namespace sinkmoe::model {

// h is [N,F], for SwiGLU [N,2F] = [gate | up].
struct Activation {
  static constexpr const char* name = "activation";
  struct Kernels {
    // a [N,F]. May leave in h what its own backward pass wants instead.
    at::Tensor (*forward)(config::Mlp kind, const at::Tensor& h);
    // dh as h, from the h that forward left. da_NF may be written over.
    at::Tensor (*backward)(config::Mlp kind, const at::Tensor& h, const at::Tensor& da_NF);
  };
};

}  // namespace sinkmoe::model
