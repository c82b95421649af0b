// The gradients of a training step: of loss + weight * balance loss, over some rows of a batch.
#pragma once

#include <ATen/core/Tensor.h>

#include "balance/balance.h"
#include "config/run_config.h"
#include "model/decoder.h"

namespace sinkmoe::train {

// Scalars on the device.
struct Losses {
  at::Tensor loss, balance;  // `balance` without its weight
};

class LossGradients {
 public:
  LossGradients(const config::RunConfig& config, const model::Decoder& model,
                const balance::BalanceLoss& balance)
      : config_(config), model_(model), balance_(balance) {}

  // Forward and backward pass of some rows: adds the gradient of share * (loss + weight * balance)
  // to the parameters' .grad, with share = 1 / train.micro_batches. The balance loss is computed
  // per micro-batch. shared_LH: the heads that the balance loss leaves out, if they were chosen
  // once; otherwise undefined. With ranks the gradients have to be summed over them afterwards, the
  // returned loss is the mean over this rank's rows, and the balance loss is that of the batch of
  // all. weight: fp32 scalar on the device if the step is recorded;
  // undefined: the configured number. Reads no value back from the device.
  Losses add(const at::Tensor& ids_BT, const at::Tensor& target_N, const at::Tensor& shared_LH,
             const at::Tensor& weight = {}, const ranks::Share& rows = {}) const;

 private:
  at::Tensor shared_heads(const std::vector<at::Tensor>& gates_BHT, const at::Tensor& chosen_LH,
                          const ranks::Share& rows) const;

  const config::RunConfig& config_;
  const model::Decoder& model_;
  const balance::BalanceLoss& balance_;
};

}  // namespace sinkmoe::train
