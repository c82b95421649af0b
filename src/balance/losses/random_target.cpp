// Control (C14): pulls each head's importance, relative to its layer's mean, towards a fixed
// pseudo-random target instead of towards 1. The same force as CV^2, but it does not balance.
// Targets have mean 1 per layer and depend only on layer and head, not on the run's seed.
#include "config/plugins/loss.h"
#include "core/registry.h"
#ifdef SINKMOE_TORCH
#include <ATen/ATen.h>

#include "balance/heads.h"
#include "core/random.h"
#endif

namespace sinkmoe::balance {
namespace {

#ifdef SINKMOE_TORCH
// Uniform in [0.5, 1.5), then scaled to mean 1 per layer.
at::Tensor targets_LH(const BalancedHeads& heads) {
  const int64_t L = heads.importance_LH.size(0), H = heads.importance_LH.size(1);
  const at::Tensor drawn = at::empty({L, H}, at::kDouble);
  for (int64_t l = 0; l < L; ++l)
    for (int64_t h = 0; h < H; ++h)
      drawn.data_ptr<double>()[l * H + h] =
          0.5 + Draw(0, "balance/random_target", static_cast<uint64_t>(l), static_cast<uint64_t>(h))
                    .uniform();
  const at::Tensor target = drawn.to(heads.importance_LH.options());
  return target * heads.count_L1 / (target * heads.weight_LH).sum(1, true);
}

struct RandomTarget : BalanceLoss {
  at::Tensor operator()(const BalanceIn& in) const override {
    const BalancedHeads heads = balanced_heads(in);
    const at::Tensor relative = heads.importance_LH / heads.mean_L1().clamp_min(kSmallestMean);
    return heads.sum((relative - targets_LH(heads)).square());
  }
};

std::unique_ptr<BalanceLoss> make(const config::RunConfig&) {
  return std::make_unique<RandomTarget>();
}
#else
constexpr auto make = nullptr;
#endif

const Registration<config::LossKind> registration{
    {.name = "random_target",
     .help = "control: as cv2, but pulls each head towards a fixed random share instead of an "
             "equal one",
     .at_equality = {},  // each head has its own target
     .make = make}};

}  // namespace
}  // namespace sinkmoe::balance
