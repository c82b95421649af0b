// Control: log N_h minus the entropy of the normalised importances, summed over layers. It is 0 if
// all heads are equal.
#include "config/plugins/loss.h"
#include "core/registry.h"
#ifdef SINKMOE_TORCH
#include <ATen/ATen.h>

#include "balance/heads.h"
#endif

namespace sinkmoe::balance {
namespace {

#ifdef SINKMOE_TORCH
struct Entropy : BalanceLoss {
  at::Tensor operator()(const BalanceIn& in) const override {
    const BalancedHeads heads = balanced_heads(in);
    const at::Tensor total = (heads.mean_L1().clamp_min(kSmallestMean)) * heads.count_L1;
    const at::Tensor share = heads.importance_LH / total;
    const at::Tensor negative_entropy = heads.sum(at::special_xlogy(share, share.clamp_min(1e-12)));
    return negative_entropy + heads.count_L1.log().sum();
  }
};

std::unique_ptr<BalanceLoss> make(const config::RunConfig&) { return std::make_unique<Entropy>(); }
#else
constexpr auto make = nullptr;
#endif

const Registration<config::LossKind> registration{
    {.name = "entropy",
     .help = "control: log of the number of heads minus the entropy of the normalised importances",
     .at_equality = 0,
     .make = make}};

}  // namespace
}  // namespace sinkmoe::balance
