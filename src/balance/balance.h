// The interface of balance losses, which act on the mean gates of heads. A loss is one file in
// balance/losses/ with one Registration<config::LossKind>.
#pragma once

#include <ATen/core/Tensor.h>

#include <span>

#include "config/plugins/loss.h"
#include "ranks/ranks.h"

namespace sinkmoe::balance {

// Importance of each head: mean gate over rows and tokens, without position 0 of each row (E12).
// gate [B,H,T] -> [H]. Throws std::invalid_argument for another shape, or a single token.
at::Tensor importance_H(const at::Tensor& gate_BHT);

struct BalanceIn {
  std::span<const at::Tensor> gates_BHT;  // one per layer
  at::Tensor shared_LH;     // bool, true: head left out of the loss (E18); undefined: none
  ranks::Share share = {};  // of the batch, if several processes have its rows
};

class BalanceLoss {
 public:
  virtual ~BalanceLoss() = default;
  // Scalar, summed over layers, without the weight lambda.
  virtual at::Tensor operator()(const BalanceIn& in) const = 0;
};

// The m most important heads of each layer: importance [L,H] -> bool [L,H].
at::Tensor top_heads_LH(const at::Tensor& importance_LH, int64_t m);

using config::LossKind;

}  // namespace sinkmoe::balance
