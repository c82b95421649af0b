// Control: squared distance of each importance to the mean of its layer. Unlike CV^2, it shrinks
// when all gates close.
#include <ATen/ATen.h>

#include "balance/heads.h"
#include "core/registry.h"

namespace sinkmoe::balance {
namespace {

struct L2Mean : BalanceLoss {
  at::Tensor operator()(const BalanceIn& in) const override {
    const BalancedHeads heads = balanced_heads(in);
    return heads.sum((heads.importance_LH - heads.mean_L1()).square());
  }
};

const Registration<LossKind> registration{
    {.name = "l2_mean",
     .help = "control: squared distance of the importances to the layer's mean, not normalised",
     .make = [](const config::RunConfig&) { return std::make_unique<L2Mean>(); }}};

}  // namespace
}  // namespace sinkmoe::balance
