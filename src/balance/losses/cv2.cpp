// The paper's loss: N_h * CV^2 of the heads' importances, summed over layers (E15; E18 with shared
// heads, where N_h is the number of balanced heads). Population variance.
#include <ATen/ATen.h>

#include "balance/heads.h"
#include "core/registry.h"

namespace sinkmoe {
namespace {

struct Cv2 : BalanceLoss {
  at::Tensor operator()(const BalanceIn& in) const override {
    const BalancedHeads heads = balanced_heads(in);
    const at::Tensor mean = heads.mean_L1();
    // N_h * var / mean^2 = sum over heads of (deviation / mean)^2 (E16)
    return heads.sum(((heads.importance_LH - mean) / mean.clamp_min(kSmallestMean)).square());
  }
};

const Registration<LossKind> registration{
    {.name = "cv2",
     .help = "heads times squared coefficient of variation of the importances (the paper's loss)",
     .make = [](const RunConfig&) { return std::make_unique<Cv2>(); }}};

}  // namespace
}  // namespace sinkmoe
