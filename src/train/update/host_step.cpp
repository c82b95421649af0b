#include "train/update/host_step.h"

#include <ATen/ATen.h>

#include "core/error.h"
#include "train/update/schedule.h"

namespace sinkmoe::train {

HostStep::HostStep(const Parts& parts)
    : p_(parts),
      own_(ranks::rows_of(parts.group)),
      batches_(parts.source, parts.config, at::kCPU, own_) {
  const int64_t rows = parts.config.train.batch / parts.config.train.micro_batches;
  if (rows < own_.ranks)
    throw Error("a micro-batch of " + std::to_string(rows) + " rows leaves ranks without a row", "",
                "use at most as many ranks as train.batch / train.micro_batches");
}

StepNumbers HostStep::operator()(int64_t step, const at::Tensor& shared_LH, bool& stop) {
  const config::TrainConfig& train = p_.config.train;
  StepNumbers numbers{.step = step, .lr = learning_rate(train, step)};
  tensor::ParamSet& trained = p_.partial.trained();
  (p_.partial.beside() ? trained : p_.model).flat_grad().zero_();
  const int64_t parts = train.micro_batches, rows = train.batch / parts;
  const double share = 1.0 / static_cast<double>(parts);
  for (int64_t i = 0; i < parts; ++i) {
    const Batch batch = batches_.take(step, i * rows, rows);
    const double part = static_cast<double>(own_.count(i * rows, rows)) / static_cast<double>(rows);
    const Losses losses =
        p_.gradients.add(batch.ids_BT, batch.target_N, shared_LH, {}, {p_.group, part});
    numbers.loss += share * part * losses.loss.item<double>();
    numbers.aux += share * losses.balance.item<double>();
  }
  p_.partial.adjust_gradients();
  if (p_.group) {
    // The balance loss is already that of the whole batch, on every rank.
    double sums[] = {numbers.loss, stop ? 1.0 : 0.0};
    p_.group->sum(at::from_blob(sums, {2}, at::kDouble));
    numbers.loss = sums[0];
    stop = sums[1] > 0;
    p_.group->sum(trained.flat_grad());
  }
  numbers.gradient_norm = p_.optimizer.gradient_norm();
  if (!numbers.finite()) return numbers;
  p_.optimizer.step(step, numbers.lr, numbers.gradient_norm);
  p_.partial.adjust_weights();
  return numbers;
}

}  // namespace sinkmoe::train
