#include "balance/heads.h"

#include <ATen/ATen.h>

#include <stdexcept>

#include "balance/importance.h"

namespace sinkmoe::balance {

at::Tensor BalancedHeads::mean_L1() const {
  return (importance_LH * weight_LH).sum(1, true) / count_L1;
}

at::Tensor BalancedHeads::sum(const at::Tensor& x_LH) const { return (x_LH * weight_LH).sum(); }

BalancedHeads balanced_heads(const BalanceIn& in) {
  if (in.gates_BHT.empty()) throw std::invalid_argument("balance loss: no layer");
  BalancedHeads heads{
      .importance_LH = importance_LH(in.gates_BHT, in.share), .weight_LH = {}, .count_L1 = {}};
  heads.weight_LH = at::ones_like(heads.importance_LH);
  if (in.shared_LH.defined()) {
    if (in.shared_LH.sizes() != heads.importance_LH.sizes())
      throw std::invalid_argument("balance loss: the mask of shared heads must be [layers, heads]");
    heads.weight_LH = heads.weight_LH.masked_fill(in.shared_LH, 0);
  }
  heads.count_L1 = heads.weight_LH.sum(1, true);
  return heads;
}

}  // namespace sinkmoe::balance
