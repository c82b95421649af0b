// What the losses share: importances of all layers at once, with the shared heads set aside.
#pragma once

#include <ATen/core/Tensor.h>

#include "balance/balance.h"

namespace sinkmoe::balance {

// importance [L,H]; weight [L,H] is 1 for balanced heads and 0 for shared ones; count_L1 [L,1]
// balanced heads a layer.
struct BalancedHeads {
  at::Tensor importance_LH, weight_LH, count_L1;

  at::Tensor mean_L1() const;  // mean importance of balanced heads
  at::Tensor sum(
      const at::Tensor& x_LH) const;  // scalar: sum of x over balanced heads of all layers
};

// Throws std::invalid_argument when a layer has no balanced head, or shapes differ.
BalancedHeads balanced_heads(const BalanceIn& in);

// Means below this are raised to it, so that heads that are all closed do not divide by zero.
inline constexpr double kSmallestMean = 1e-4;

}  // namespace sinkmoe::balance
