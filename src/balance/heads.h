// Shared by all losses: the importances of all layers, without the shared heads.
#pragma once

#include <ATen/core/Tensor.h>

#include "balance/balance.h"

namespace sinkmoe::balance {

// importance [L,H]; weight [L,H] is 1 for balanced heads and 0 for shared ones; count_L1 [L,1] is
// the number of balanced heads per layer.
struct BalancedHeads {
  at::Tensor importance_LH, weight_LH, count_L1;

  at::Tensor mean_L1() const;  // mean importance of balanced heads
  at::Tensor sum(
      const at::Tensor& x_LH) const;  // scalar: sum of x over balanced heads of all layers
};

// Throws std::invalid_argument if a layer has no balanced head, or shapes differ.
BalancedHeads balanced_heads(const BalanceIn& in);

// Smaller means are raised to this, so that closed heads do not cause a division by zero.
inline constexpr double kSmallestMean = 1e-4;

}  // namespace sinkmoe::balance
