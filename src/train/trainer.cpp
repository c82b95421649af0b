#include "train/trainer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "balance/balance.h"
#include "core/registry.h"
#include "core/text.h"
#include "model/weights_io.h"
#include "train/checkpoint.h"
#include "train/controls.h"
#include "train/evaluate.h"
#include "train/lora.h"
#include "train/memory.h"
#include "train/prefetch.h"
#include "train/row_buffer.h"
#include "train/schedule.h"

namespace sinkmoe {

namespace {

using Clock = std::chrono::steady_clock;

struct StepNumbers {
  double loss = 0, aux = 0, gradient_norm = 0, lr = 0;
};

class Trainer {
 public:
  Trainer(const TrainRequest& request, const DataSource& source, const TrainHooks& hooks);
  TrainResult run();

 private:
  void start();
  void prepare_partial_training();
  void choose_shared_heads(const at::Tensor& importance_LH);
  EvaluationResult evaluate_now(bool last);
  StepNumbers step();
  double backward_part(int64_t first_row, int64_t rows, StepNumbers& numbers);
  at::Tensor shared_heads(const std::vector<at::Tensor>& gates_BHT) const;
  std::string trouble(const StepNumbers& numbers);
  void log_step(const StepNumbers& numbers);
  void write_checkpoint();
  void finish();

  const TrainRequest& request_;
  const RunConfig& config_;
  const DataSource& source_;
  const TrainHooks& hooks_;
  at::Device device_;
  Decoder model_;
  std::unique_ptr<LowRankAdapters> adapters_;  // of train.lora_rank, or none
  Optimizer optimizer_;
  std::optional<FrozenParams> frozen_;  // of train.control, once the weights are loaded
  std::unique_ptr<BalanceLoss> balance_;
  BatchAhead batches_;
  TrainState state_;
  TrainProgress progress_;
  std::vector<int64_t> evaluation_steps_;
  int64_t checkpointed_ = -1, logged_ = 0, high_loss_steps_ = 0;
  Clock::time_point logged_at_ = Clock::now();
};

Trainer::Trainer(const TrainRequest& request, const DataSource& source, const TrainHooks& hooks)
    : request_(request),
      config_(request.config),
      source_(source),
      hooks_(hooks),
      device_(config_.run.device == "cuda" ? at::kCUDA : at::kCPU),
      model_(config_, source.vocabulary(), device_),
      adapters_(config_.train.lora_rank > 0 ? std::make_unique<LowRankAdapters>(model_) : nullptr),
      optimizer_(adapters_ ? adapters_->params() : model_.params(), config_.train),
      balance_(Registry<LossKind>::get(config_.balance.loss).make(config_)),
      batches_(source, config_, device_),
      evaluation_steps_(evaluation_steps(config_.train.steps, config_.eval.points)) {}

void Trainer::start() {
  if (request_.resume) {
    state_ = load_checkpoint(*request_.resume, model_, optimizer_);
    checkpointed_ = state_.step;
    hooks_.event({"resumed", "from step " + std::to_string(state_.step)});
  } else if (request_.initial_weights) {
    std::string fresh;
    for (const std::string& name : load_weights(model_, *request_.initial_weights))
      fresh += " " + name;
    hooks_.event({"initial weights",
                  fresh.empty() ? "all loaded" : "not in the parent, kept as drawn:" + fresh});
  }
  prepare_partial_training();
  if (!request_.resume)
    hooks_.metrics({{"model/parameters", 0, -1, -1, static_cast<double>(model_.params().count())}});
  progress_.step = logged_ = state_.step;
  progress_.steps = config_.train.steps;
}

// What does not train: everything but adapters, or what the control keeps.
void Trainer::prepare_partial_training() {
  if (adapters_ && request_.resume)
    adapters_->restore(state_.base, state_.adapters);
  else if (adapters_)
    adapters_->take_base();
  if (adapters_) {
    state_.base = adapters_->base();
    state_.adapters = adapters_->values();
  }
  if (config_.train.control == "frozen_attention") frozen_.emplace(model_.params(), is_attention);
}

void Trainer::choose_shared_heads(const at::Tensor& importance_LH) {
  if (config_.balance.shared_heads == 0 || config_.balance.shared_choice != "fixed" ||
      state_.shared_LH.defined())
    return;
  state_.shared_LH = top_heads_LH(importance_LH, config_.balance.shared_heads);
}

EvaluationResult Trainer::evaluate_now(bool last) {
  Evaluated e =
      evaluate(model_, source_, last ? config_.eval.final_tokens : config_.eval.tokens, device_);
  hooks_.metrics(e.result.rows(state_.step, e.heads, config_.eval.sink_threshold));
  progress_.imbalance = e.result.imbalance;
  progress_.sink_rate = e.result.sink_rate;
  logged_at_ = Clock::now();  // evaluation time is not training time
  logged_ = state_.step;
  return e.result;
}

// Which heads the loss leaves out: chosen once at the start, or again from this batch's gates.
at::Tensor Trainer::shared_heads(const std::vector<at::Tensor>& gates_BHT) const {
  if (config_.balance.shared_heads == 0) return {};
  if (state_.shared_LH.defined()) return state_.shared_LH;
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> rows;
  for (const at::Tensor& gate : gates_BHT) rows.push_back(importance_H(gate));
  return top_heads_LH(at::stack(rows), config_.balance.shared_heads);
}

// Forward and backward of some rows of the batch. The balance loss is taken per micro-batch.
double Trainer::backward_part(int64_t first_row, int64_t rows, StepNumbers& numbers) {
  const Batch batch = batches_.take(state_.step, first_row, rows);
  const double share = 1.0 / static_cast<double>(config_.train.micro_batches),
               weight = config_.balance.weight;
  DecoderOut out = model_.forward(batch.ids_BT);
  at::Tensor loss = linear_cross_entropy(out.hidden_NC, model_.output_weight_VC(), batch.target_N);
  out.hidden_NC.reset();
  const BalanceIn gates{out.gates_BHT, shared_heads(out.gates_BHT)};
  at::Tensor aux;
  {
    const at::AutoGradMode with_gradient(weight != 0);  // without a weight the loss is only watched
    aux = (*balance_)(gates);
  }
  at::Tensor total = weight != 0 ? loss + weight * aux : loss;
  if (share != 1) total = total * share;
  total.backward();
  numbers.loss += share * loss.item<double>();
  numbers.aux += share * aux.item<double>();
  return numbers.loss;
}

StepNumbers Trainer::step() {
  StepNumbers numbers;
  model_.params().flat_grad().zero_();
  const int64_t rows = config_.train.batch / config_.train.micro_batches;
  for (int64_t i = 0; i < config_.train.micro_batches; ++i) backward_part(i * rows, rows, numbers);
  if (frozen_) frozen_->clear_gradients();
  if (adapters_) adapters_->gather_gradients();
  numbers.gradient_norm = optimizer_.gradient_norm();
  numbers.lr = learning_rate(config_.train, state_.step);
  if (!std::isfinite(numbers.loss) || !std::isfinite(numbers.aux) ||
      !std::isfinite(numbers.gradient_norm))
    return numbers;
  optimizer_.step(state_.step, numbers.lr, numbers.gradient_norm);
  if (frozen_) frozen_->restore();
  if (adapters_) adapters_->write_weights();
  ++state_.step;
  return numbers;
}

// Why training cannot go on, or "".
std::string Trainer::trouble(const StepNumbers& n) {
  constexpr int64_t kPatience = 20;
  if (!std::isfinite(n.loss) || !std::isfinite(n.aux) || !std::isfinite(n.gradient_norm))
    return "not finite at step " + std::to_string(state_.step) + ", rows 0.." +
           std::to_string(config_.train.batch - 1) + " of its batch: loss " + shortest(n.loss) +
           ", balance loss " + shortest(n.aux) + ", gradient norm " + shortest(n.gradient_norm);
  const double limit = std::log(static_cast<double>(source_.vocabulary())) + 1;
  high_loss_steps_ =
      state_.step > config_.train.warmup && n.loss > limit ? high_loss_steps_ + 1 : 0;
  if (high_loss_steps_ < kPatience) return "";
  return "loss above ln V + 1 for " + std::to_string(kPatience) + " steps, at step " +
         std::to_string(state_.step) + ": loss " + shortest(n.loss);
}

void Trainer::log_step(const StepNumbers& n) {
  progress_.step = state_.step;
  progress_.loss = n.loss;
  const auto now = Clock::now();
  const double seconds = std::chrono::duration<double>(now - logged_at_).count();
  const auto tokens =
      static_cast<double>((state_.step - logged_) * config_.train.batch * config_.data.context);
  if (state_.step % config_.run.log_every == 0 || state_.step == config_.train.steps) {
    progress_.tokens_per_second = tokens / std::max(seconds, 1e-9);
    hooks_.metrics({{"train/loss", state_.step, -1, -1, n.loss},
                    {"train/aux_loss", state_.step, -1, -1, n.aux},
                    {"train/grad_norm", state_.step, -1, -1, n.gradient_norm},
                    {"train/lr", state_.step, -1, -1, n.lr},
                    {"train/tokens_per_s", state_.step, -1, -1, progress_.tokens_per_second}});
    logged_at_ = now;
    logged_ = state_.step;
  }
  hooks_.progress(progress_);
}

void Trainer::write_checkpoint() {
  if (checkpointed_ == state_.step) return;
  const auto file = request_.folder / ("step-" + std::to_string(state_.step) + ".safetensors");
  save_checkpoint(file, model_, optimizer_, state_);
  hooks_.checkpoint(state_.step, file, false);
  checkpointed_ = state_.step;
}

void Trainer::finish() {
  const auto file = request_.folder / "model.safetensors";
  save_weights(model_, file);
  hooks_.checkpoint(state_.step, file, true);
}

TrainResult Trainer::run() {
  start();
  const bool resumed = request_.resume.has_value();
  for (const int64_t first = state_.step;;) {
    const bool last = state_.step == config_.train.steps;
    const bool again =
        resumed && state_.step == first && !last;  // rows of this step are stored already
    const bool due =
        std::binary_search(evaluation_steps_.begin(), evaluation_steps_.end(), state_.step);
    if (due && !again) choose_shared_heads(evaluate_now(last).importance_LH);
    if (last) break;
    if (state_.step > 0 && state_.step % config_.train.checkpoint_every == 0) write_checkpoint();
    if (hooks_.stop_requested()) {
      if (state_.step > 0) write_checkpoint();
      return {TrainResult::End::interrupted, "stopped at step " + std::to_string(state_.step)};
    }
    const StepNumbers numbers = step();
    if (const std::string why = trouble(numbers); !why.empty())
      return {TrainResult::End::diverged, why};
    log_step(numbers);
  }
  finish();
  return {};
}

}  // namespace

TrainResult train(const TrainRequest& request, const DataSource& source, const TrainHooks& hooks) {
  keep_freed_memory();
  RowBuffer rows(hooks);
  const TrainResult result = Trainer(request, source, rows.hooks()).run();
  rows.flush();
  return result;
}

}  // namespace sinkmoe
