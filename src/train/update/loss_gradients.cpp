#include "train/update/loss_gradients.h"

#include <ATen/ATen.h>

#include "balance/importance.h"

namespace sinkmoe::train {

// The heads that the balance loss leaves out: chosen at the start, or from the gates of this batch.
at::Tensor LossGradients::shared_heads(const std::vector<at::Tensor>& gates_BHT,
                                       const at::Tensor& chosen_LH,
                                       const ranks::Share& rows) const {
  if (config_.balance.shared_heads == 0) return {};
  if (chosen_LH.defined()) return chosen_LH;
  const at::NoGradGuard no_grad;
  return balance::top_heads_LH(balance::importance_LH(gates_BHT, rows),
                               config_.balance.shared_heads);
}

Losses LossGradients::add(const at::Tensor& ids_BT, const at::Tensor& target_N,
                          const at::Tensor& shared_LH, const at::Tensor& weight,
                          const ranks::Share& rows) const {
  const double share = 1.0 / static_cast<double>(config_.train.micro_batches);
  model::DecoderOut out = model_.forward(ids_BT);
  const bool narrow = out.hidden_NC.scalar_type() == at::kBFloat16;
  const tensor::Bf16Weights bf16(narrow ? &model_.params() : nullptr);
  const at::Tensor loss =
      model::linear_cross_entropy(out.hidden_NC, model_.output_weight_VC(), target_N);
  out.hidden_NC.reset();
  const balance::BalanceIn gates{out.gates_BHT, shared_heads(out.gates_BHT, shared_LH, rows), rows};
  const bool weighted = config_.balance.weight != 0;
  at::Tensor aux;
  {
    const at::AutoGradMode with_gradient(weighted);  // without a weight the loss is only measured
    aux = balance_(gates);
  }
  at::Tensor total = rows.part != 1 ? loss * rows.part : loss;
  if (weighted) total = total + (weight.defined() ? weight * aux : config_.balance.weight * aux);
  if (share != 1) total = total * share;
  total.backward();
  return {loss.detach(), aux.detach()};
}

}  // namespace sinkmoe::train
