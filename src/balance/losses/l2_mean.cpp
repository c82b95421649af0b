// Control: squared distance of each importance to the mean of its layer. Unlike CV^2, it shrinks
// when all gates close.
#include "config/plugins/loss.h"
#include "core/registry.h"
#ifdef SINKMOE_TORCH
#include <ATen/ATen.h>

#include "balance/heads.h"
#endif

namespace sinkmoe::balance {
namespace {

#ifdef SINKMOE_TORCH
struct L2Mean : BalanceLoss {
  at::Tensor operator()(const BalanceIn& in) const override {
    const BalancedHeads heads = balanced_heads(in);
    return heads.sum((heads.importance_LH - heads.mean_L1()).square());
  }
};

std::unique_ptr<BalanceLoss> make(const config::RunConfig&) { return std::make_unique<L2Mean>(); }
#else
constexpr auto make = nullptr;
#endif

const Registration<config::LossKind> registration{
    {.name = "l2_mean",
     .help = "control: squared distance of the importances to the layer's mean, not normalised",
     .at_equality = 0,
     .make = make}};

}  // namespace
}  // namespace sinkmoe::balance
