#include "train/device/device_step.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "train/data/batch.h"
#include "train/update/schedule.h"

namespace sinkmoe::train {

namespace {

// One buffer holds the ids, targets and numbers of a step, so that one copy is enough.
struct InputParts {
  at::Tensor ids_BT, target_N, inputs;
};

InputParts parts_of(const at::Tensor& input, int64_t B, int64_t T) {
  return {input.narrow(0, 0, B * T).view({B, T}), input.narrow(0, B * T, B * T),
          input.narrow(0, 2 * B * T, kStepInputs).view(at::kDouble)};
}

}  // namespace

DeviceStep::DeviceStep(Parts parts)
    : p_(std::move(parts)), rows_(p_.config.train.batch), context_(p_.config.data.context) {
  const at::Device device = p_.model.flat().device();
  const int64_t size = 2 * rows_ * context_ + kStepInputs;
  for (int64_t slot = 0; slot < GraphReplay::kSlots; ++slot) {
    host_[slot] = p_.graph->host_buffer({size}, at::kLong);
    host_results_[slot] = p_.graph->host_buffer({kStepResults}, at::kDouble);
  }
  input_ = at::zeros({size}, at::TensorOptions(device).dtype(at::kLong));
  const InputParts in = parts_of(input_, rows_, context_);
  ids_BT_ = in.ids_BT;
  target_N_ = in.target_N;
  if (p_.config.run.precision == config::Precision::bf16) bf16_ = p_.model.bf16();
  const tensor::ParamSet& trained = p_.optimizer.params();
  update_ = {.param_n = trained.flat(),
             .grad_n = trained.flat_grad(),
             .m_n = p_.optimizer.first_moment(),
             .v_n = p_.optimizer.second_moment(),
             .bf16_n = p_.partial.all() ? bf16_ : at::Tensor(),
             .decayed = trained.decayed(),
             .inputs = in.inputs,
             .results = at::zeros({kStepResults}, at::TensorOptions(device).dtype(at::kDouble)),
             .config = p_.config.train};
}

void DeviceStep::send_batch(int64_t step, int64_t slot) {
  p_.graph->await_sent(slot);
  const InputParts host = parts_of(host_[slot], rows_, context_);
  const int64_t rows = rows_ / p_.config.train.micro_batches;
  for (int64_t row = 0; row < rows_; row += rows) {
    const Batch batch = training_batch(p_.source, p_.config, step, row, rows, at::kCPU);
    host.ids_BT.narrow(0, row, rows).copy_(batch.ids_BT);
    host.target_N.narrow(0, row * context_, rows * context_).copy_(batch.target_N);
  }
  const auto inputs = step_inputs(p_.config.train, step, learning_rate(p_.config.train, step),
                                  p_.config.balance.weight);
  std::copy(inputs.begin(), inputs.end(), host.inputs.data_ptr<double>());
  p_.graph->send(slot, host_[slot], input_);
}

// The device part of a step. It first runs op by op and is then recorded, so input_ must be its
// only value that changes from step to step.
void DeviceStep::work() {
  const int64_t micro = p_.config.train.micro_batches, rows = rows_ / micro;
  const double share = 1.0 / static_cast<double>(micro);
  const at::Tensor& results = update_.results;
  {
    const at::NoGradGuard no_grad;
    p_.model.flat_grad().zero_();
    at::Tensor(results).zero_();
  }
  const at::Tensor weight = update_.inputs.select(0, kWeight).to(at::kFloat);
  for (int64_t i = 0; i < micro; ++i) {
    const Losses losses =
        p_.add_gradients(ids_BT_.narrow(0, i * rows, rows),
                         target_N_.narrow(0, i * rows * context_, rows * context_), weight);
    const at::NoGradGuard no_grad;
    results.select(0, kLoss).add_(losses.loss.detach(), share);
    results.select(0, kBalance).add_(losses.balance.detach(), share);
  }
  update();
}

void DeviceStep::update() {
  const at::NoGradGuard no_grad;
  p_.partial.adjust_gradients();
  const AdamW::Kernels& adamw = tensor::kernels<AdamW>(update_.param_n);
  update_.results.select(0, kNorm).copy_(adamw.norm(update_.grad_n));
  adamw.update(update_);
  p_.partial.adjust_weights();
  if (!bf16_.defined()) return;
  if (!p_.partial.all()) bf16_.copy_(p_.model.flat());  // adjustments are in flat() only
  p_.model.bf16_is_current();
}

void DeviceStep::run_or_replay() {
  if (run_ == kWarmUp) {
    std::string why;
    recorded_ = p_.graph->record([this] { work(); }, why);
    p_.note(recorded_ ? "steps replay a recorded graph"
                      : "steps run op by op, because no graph was recorded: " + why);
  }
  if (bf16_.defined()) p_.model.bf16();  // in case something else wrote the parameters
  recorded_ ? p_.graph->replay() : work();
  ++run_;
}

std::optional<StepNumbers> DeviceStep::advance(int64_t step) {
  const int64_t slot = run_ % GraphReplay::kSlots;
  send_batch(step, slot);
  run_or_replay();
  p_.graph->fetch(slot, update_.results, host_results_[slot]);
  const std::optional<Pending> before = pending_;
  pending_ = Pending{step, slot};
  return read(before);
}

std::optional<StepNumbers> DeviceStep::finish() {
  const std::optional<Pending> last = pending_;
  pending_.reset();
  return read(last);
}

std::optional<StepNumbers> DeviceStep::read(const std::optional<Pending>& pending) {
  if (!pending) return std::nullopt;
  p_.graph->await_fetched(pending->slot);
  const double* results = host_results_[pending->slot].const_data_ptr<double>();
  return StepNumbers{.step = pending->step,
                     .loss = results[kLoss],
                     .aux = results[kBalance],
                     .gradient_norm = results[kNorm],
                     .lr = learning_rate(p_.config.train, pending->step)};
}

}  // namespace sinkmoe::train
