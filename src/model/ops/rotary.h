// The operation "rotary positions": rotates queries and keys by an angle proportional to the
// position.
#pragma once

#include "model/ops/ops.h"
#include "tensor/backends.h"

namespace sinkmoe::model {

struct Rotary {
  static constexpr const char* name = "rotary positions";
  struct Kernels {
    // Rotates pairs (i, i + K/2) of the first `heads` heads of width K of every row, in place; row
    // n is token n % T. Last stride 1. sign -1 rotates back.
    void (*rotate)(const at::Tensor& y_NF, int64_t T, int64_t heads, int64_t K,
                   const RotaryTable& rotary, double sign);
  };
};

}  // namespace sinkmoe::model
