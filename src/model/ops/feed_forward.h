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
    // a [N,F]. May overwrite h with values for its own backward pass.
    at::Tensor (*forward)(config::Mlp kind, const at::Tensor& h);
    // dh like h, from the h that forward left. da_NF may be overwritten.
    at::Tensor (*backward)(config::Mlp kind, const at::Tensor& h, const at::Tensor& da_NF);
  };
};

}  // namespace sinkmoe::model
