// Control: log N_h minus the entropy of the normalised importances, summed over layers. It is 0 if
// all heads are equal.
#include <ATen/ATen.h>

#include "balance/heads.h"
#include "core/registry.h"

namespace sinkmoe::balance {
namespace {

struct Entropy : BalanceLoss {
  at::Tensor operator()(const BalanceIn& in) const override {
    const BalancedHeads heads = balanced_heads(in);
    const at::Tensor total = (heads.mean_L1().clamp_min(kSmallestMean)) * heads.count_L1;
    const at::Tensor share = heads.importance_LH / total;
    const at::Tensor negative_entropy = heads.sum(at::special_xlogy(share, share.clamp_min(1e-12)));
    return negative_entropy + heads.count_L1.log().sum();
  }
};

const Registration<LossKind> registration{
    {.name = "entropy",
     .help = "control: log of the number of heads minus the entropy of the normalised importances",
     .make = [](const config::RunConfig&) { return std::make_unique<Entropy>(); }}};

}  // namespace
}  // namespace sinkmoe::balance
