// The operation "importance": the mean gate of each head, with one pass over the gates forward and
// one backward.
#pragma once

#include <ATen/core/Tensor.h>

#include <span>

#include "ranks/ranks.h"
#include "tensor/backends.h"

namespace sinkmoe::balance {

struct Importance {
  static constexpr const char* name = "importance";
  struct Kernels {
    // Mean over rows and over tokens 1.. (E12): [H] of the type of the gate.
    at::Tensor (*forward)(const at::Tensor& gate_BHT);
    // The gradient of the gate [B,H,T]; 0 at token 0.
    at::Tensor (*backward)(const at::Tensor& d_importance_H, int64_t B, int64_t T);
  };
};

// Gates [B,H,T], one per layer -> importances [L,H], each like importance_H, over the rows of all
// ranks that share the batch. Throws std::invalid_argument like importance_H.
at::Tensor importance_LH(std::span<const at::Tensor> gates_BHT, const ranks::Share& share = {});

}  // namespace sinkmoe::balance
