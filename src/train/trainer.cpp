#include "train/trainer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "attention/sdpa/self_test.h"
#include "balance/balance.h"
#include "core/registry.h"
#include "model/weights_io.h"
#include "pretrained/adapters.h"
#include "train/checkpoint.h"
#include "train/device/device_step.h"
#include "train/divergence.h"
#include "train/eval/evaluate.h"
#include "train/eval/task_scores.h"
#include "train/memory.h"
#include "train/probes/probes.h"
#include "train/row_buffer.h"
#include "train/start/initial_weights.h"
#include "train/step_log.h"
#include "train/trainable/trainable.h"
#include "train/update/host_step.h"
#include "train/update/schedule.h"

namespace sinkmoe::train {

namespace {

class Trainer {
 public:
  Trainer(const config::Job& job, const data::DataSource& source, const data::TaskSet& tasks,
          RunReporter& reporter, ranks::Group* group);
  RunEnd run();

 private:
  void start();
  void choose_shared_heads(const at::Tensor& importance_LH);
  metrics::EvaluationResult evaluate_now(bool last);
  void probe(const metrics::HeadStatistics& heads);
  void make_device_step();
  std::vector<StepNumbers> advance();
  bool something_due() const;
  bool stop_requested() const;
  void say_balance(double sum);
  std::string account(const std::vector<StepNumbers>& steps);
  void write_checkpoint();
  void check_final_weights();
  void finish();

  const config::Job& job_;
  const config::RunConfig& config_;
  const data::DataSource& source_;
  const data::TaskSet& tasks_;
  RunReporter& reporter_;
  ranks::Group* group_;  // null: one process
  const bool leads_;     // rank 0, or the only process
  at::Device device_;
  model::Decoder model_;
  PartialTraining partial_;
  Optimizer optimizer_;
  std::unique_ptr<balance::BalanceLoss> balance_;
  LossGradients gradients_;
  std::unique_ptr<DeviceStep> device_step_;  // on a GPU; its numbers come one step late
  std::optional<HostStep> host_step_;        // on a CPU
  bool stop_ = false;                        // a rank was asked to stop
  TrainState state_;
  StepLog log_;
  std::vector<int64_t> evaluation_steps_;
  DivergenceCheck diverged_;
  int64_t checkpointed_ = -1;
};

Trainer::Trainer(const config::Job& job, const data::DataSource& source, const data::TaskSet& tasks,
                 RunReporter& reporter, ranks::Group* group)
    : job_(job),
      config_(job.config),
      source_(source),
      tasks_(tasks),
      reporter_(reporter),
      group_(group),
      leads_(!group || group->rank() == 0),
      device_(config_.run.device == config::Device::cuda ? at::kCUDA : at::kCPU),
      model_(config_, vocabulary_of(config_, source.vocabulary()), device_),
      partial_(model_),
      optimizer_(partial_.trained(), config_.train,
                 config_.run.shard == config::Shard::optimizer ? group : nullptr),
      balance_(Registry<balance::LossKind>::get(config_.balance.loss).make(config_)),
      gradients_(config_, model_, *balance_),
      log_(config_, reporter_),
      evaluation_steps_(evaluation_steps(config_.train.steps, config_.eval.points)),
      diverged_(config_.train, model_.vocabulary()) {}

void Trainer::start() {
  if (job_.resume) {
    if (partial_.beside()) load_initial_weights(model_, job_);
    state_ = load_checkpoint(*job_.resume, model_, optimizer_, partial_.beside() != nullptr);
    diverged_.set_past(state_.loss_past);
    checkpointed_ = state_.step;
  } else if (const auto text = load_initial_weights(model_, job_)) {
    reporter_.event({"initial weights", *text});
    if (const auto adapters = initial_adapters(config_)) partial_.beside()->load(*adapters);
  }
  state_.model_is_fixed = partial_.beside() != nullptr;
  partial_.begin(job_.resume.has_value(), state_);
  if (!job_.resume) reporter_.metrics(partial_.sizes());
  log_.start_clock(state_.step);
  if (state_.shared_LH.defined()) state_.shared_LH = state_.shared_LH.to(device_);
  if (device_.is_cuda())
    make_device_step();
  else
    host_step_.emplace(HostStep::Parts{config_, source_, model_.params(), partial_, optimizer_,
                                       gradients_, group_});
}

void Trainer::choose_shared_heads(const at::Tensor& importance_LH) {
  if (config_.balance.shared_heads == 0 ||
      config_.balance.shared_choice != config::SharedChoice::fixed || state_.shared_LH.defined())
    return;
  state_.shared_LH = balance::top_heads_LH(importance_LH, config_.balance.shared_heads).to(device_);
}

metrics::EvaluationResult Trainer::evaluate_now(bool last) {
  if (group_) ranks::require_equal(model_.params().flat(), *group_, "the weights");
  Evaluated e = evaluate(model_, source_, last ? config_.eval.final_tokens : config_.eval.tokens,
                         device_, group_);
  e.result.take_heads(e.heads, config_.eval.sink_threshold);
  reporter_.metrics(e.result.rows(state_.step, e.heads));
  // Probes and the weights file see the model with the adapters in its matrices.
  if (last && partial_.beside()) partial_.beside()->merge();
  if (last && leads_) probe(e.heads);
  log_.evaluated(e.result);
  log_.start_clock(state_.step);  // evaluation time is not training time
  return e.result;
}

// The additional measurements of the last evaluation: zero-shot tasks and probes.
void Trainer::probe(const metrics::HeadStatistics& heads) {
  const auto alive = [&] { reporter_.stop_requested(); };
  if (!tasks_.tasks.empty())
    reporter_.metrics(run_tasks(model_, tasks_, state_.step, device_, alive));
  if (config_.eval.probes == config::Probes::none) return;
  const ProbeRows rows = run_probes(model_, source_, heads, state_.step, device_, alive);
  reporter_.metrics(rows.metrics);
  reporter_.histograms(rows.histograms);
}

void Trainer::make_device_step() {
  const at::ScalarType type =
      config_.run.precision == config::Precision::bf16 ? at::kBFloat16 : at::kFloat;
  const config::ModelConfig& m = config_.model;
  const attention::TestShape shape{.H = m.heads,
                                   .J = m.kv_heads > 0 ? m.kv_heads : m.heads,
                                   .T = config_.data.context,
                                   .K = m.width / m.heads,
                                   .B = 1};
  reporter_.event({"attention", attention::admit_attention(device_, type, shape,
                                                           config_.run.mode == config::Mode::fast)
                                    .text});
  device_step_ = std::make_unique<DeviceStep>(DeviceStep::Parts{
      .config = config_,
      .source = source_,
      .model = model_.params(),
      .optimizer = optimizer_,
      .add_gradients =
          [this](const at::Tensor& ids_BT, const at::Tensor& target_N, const at::Tensor& weight) {
            return gradients_.add(ids_BT, target_N, state_.shared_LH, weight);
          },
      .partial = partial_,
      .note = [this](const std::string& text) { reporter_.event({"step", text}); },
      .graph = make_graph_replay(device_)});
}

// The ranks stop after the same step: that in which one of them was asked.
bool Trainer::stop_requested() const { return group_ ? stop_ : reporter_.stop_requested(); }

// Whether there is an evaluation or checkpoint, or training ends, before the next step.
bool Trainer::something_due() const {
  return state_.step == config_.train.steps || state_.step % config_.train.checkpoint_every == 0 ||
         std::binary_search(evaluation_steps_.begin(), evaluation_steps_.end(), state_.step);
}

// Does one step and returns the numbers that became known (on a GPU those of the previous step).
std::vector<StepNumbers> Trainer::advance() {
  if (host_step_) {
    if (group_) stop_ = reporter_.stop_requested();
    const StepNumbers numbers = (*host_step_)(state_.step, state_.shared_LH, stop_);
    if (numbers.finite()) ++state_.step;
    return {numbers};
  }
  std::vector<StepNumbers> numbers;
  if (const auto earlier = device_step_->advance(state_.step)) numbers.push_back(*earlier);
  ++state_.step;
  if (const auto last = something_due() ? device_step_->finish() : std::nullopt)
    numbers.push_back(*last);
  return numbers;
}

// Logs these steps. Returns why training has diverged, or "".
std::string Trainer::account(const std::vector<StepNumbers>& steps) {
  for (const StepNumbers& numbers : steps) {
    if (std::string why = diverged_(numbers); !why.empty()) return why;
    log_.add(numbers);
    if (numbers.step == 0) say_balance(numbers.aux);
  }
  return "";
}

// The loss sums over layers and heads, so that the same weight pulls more in a larger model.
void Trainer::say_balance(double sum) {
  if (config_.balance.weight == 0) return;
  std::array<char, 160> text{};
  std::snprintf(text.data(), text.size(),
                "%.4g at the first step: weight %g x sum %.4g over layers",
                config_.balance.weight * sum, config_.balance.weight, sum);
  reporter_.event({"balance loss", text.data()});
  std::fprintf(stderr, "balance loss %s\n", text.data());
}

void Trainer::write_checkpoint() {
  if (checkpointed_ == state_.step) return;
  const auto file = job_.folder / ("step-" + std::to_string(state_.step) + ".safetensors");
  state_.loss_past = diverged_.past();
  const Moments moments = optimizer_.moments();
  const auto save = [&] {
    save_checkpoint(file, model_, moments, state_);
    reporter_.checkpoint(state_.step, file, false);
  };
  group_ ? group_->lead(save) : save();
  checkpointed_ = state_.step;
}

// Weights that no batch reads can be NaN without an effect on the loss.
void Trainer::check_final_weights() {
  for (const tensor::ParamSet* params : {&model_.params(), &partial_.trained()})
    for (const tensor::ParamSet::Entry& entry : params->entries())
      if (!at::isfinite(entry.value).all().item<bool>())
        throw NotFinite("the final weights of '" + entry.spec.name + "' are not finite");
}

void Trainer::finish() {
  check_final_weights();
  // Instead of a copy of the model, which the run's identity names by its hash.
  if (config_.train.steps == 0 && !config_.train.init_checkpoint.empty()) return;
  if (partial_.beside() && !config_.train.init_checkpoint.empty()) {
    const auto adapters = job_.folder / kAdapterFile;
    partial_.beside()->save(adapters, pretrained::base_folder(config_.train.init_checkpoint));
    reporter_.checkpoint(state_.step, adapters, true);
    return;
  }
  const auto file = job_.folder / "model.safetensors";
  model::save_weights(model_, file);
  reporter_.checkpoint(state_.step, file, true);
}

RunEnd Trainer::run() {
  start();
  for (const int64_t first = state_.step;;) {
    const bool last = state_.step == config_.train.steps;
    // Rows of the checkpoint's step are stored already.
    const bool again = job_.resume && state_.step == first && !last;
    const bool due =
        std::binary_search(evaluation_steps_.begin(), evaluation_steps_.end(), state_.step);
    if (due && !again) choose_shared_heads(evaluate_now(last).importance_LH);
    if (last) break;
    if (state_.step > 0 && state_.step % config_.train.checkpoint_every == 0) write_checkpoint();
    if (stop_requested()) {
      if (device_step_)
        if (const auto numbers = device_step_->finish())
          if (std::string why = account({*numbers}); !why.empty()) return {Outcome::diverged, why};
      if (state_.step > 0) write_checkpoint();
      return {Outcome::interrupted, "stopped at step " + std::to_string(state_.step)};
    }
    if (const std::string why = account(advance()); !why.empty()) return {Outcome::diverged, why};
  }
  if (leads_) finish();
  return {};
}

}  // namespace

RunEnd train(const config::Job& job, const data::DataSource& source, RunReporter& reporter,
             const data::TaskSet& tasks, ranks::Group* group) {
  keep_freed_memory();
  RowBuffer rows(reporter);
  RunEnd end;
  try {
    end = Trainer(job, source, tasks, rows, group).run();
  } catch (const NotFinite& e) {
    end = {Outcome::diverged, e.what()};
  }
  rows.flush();
  return end;
}

}  // namespace sinkmoe::train
