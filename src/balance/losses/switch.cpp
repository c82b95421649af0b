// Control: the loss of the Switch Transformer (E26): N_h * sum_h f_h P_h, with f_h the
// share of tokens whose largest gate is head h (no gradient) and P_h the mean gate normalised over
// heads. Position 0 of each row is left out, as everywhere.
#include "config/plugins/loss.h"
#include "core/registry.h"
#ifdef SINKMOE_TORCH
#include <ATen/ATen.h>

#include "balance/heads.h"
#endif

namespace sinkmoe::balance {
namespace {

#ifdef SINKMOE_TORCH
// f_h of one layer; `closed_H` marks heads that are never selected.
at::Tensor chosen_share_H(const at::Tensor& gate_BHT, const at::Tensor& closed_H) {
  at::Tensor gate = gate_BHT.detach().slice(2, 1);
  if (closed_H.defined()) gate = gate.masked_fill(closed_H.view({1, -1, 1}), -1);
  const at::Tensor largest = gate.amax(1, true);
  // Tied heads share the token, so that the loss does not depend on the order of heads.
  const at::Tensor winners = gate.eq(largest).to(gate.scalar_type());
  return (winners / winners.sum(1, true)).mean(at::IntArrayRef{0, 2});
}

struct Switch : BalanceLoss {
  at::Tensor operator()(const BalanceIn& in) const override {
    const BalancedHeads heads = balanced_heads(in);
    std::vector<at::Tensor> layers;
    for (size_t l = 0; l < in.gates_BHT.size(); ++l)
      layers.push_back(chosen_share_H(in.gates_BHT[l], in.shared_LH.defined()
                                                           ? in.shared_LH[static_cast<int64_t>(l)]
                                                           : at::Tensor()));
    // N_h * P_h is the importance divided by the layer's mean.
    const at::Tensor relative = heads.importance_LH / heads.mean_L1().clamp_min(kSmallestMean);
    return heads.sum(ranks::mean_over_ranks(at::stack(layers), in.share) * relative);
  }
};

std::unique_ptr<BalanceLoss> make(const config::RunConfig&) { return std::make_unique<Switch>(); }
#else
constexpr auto make = nullptr;
#endif

const Registration<config::LossKind> registration{
    {.name = "switch",
     .help = "control: heads times sum of (share of tokens whose largest gate is the head) times "
             "(normalised mean gate)",
     .at_equality = 1,
     .make = make}};

}  // namespace
}  // namespace sinkmoe::balance
