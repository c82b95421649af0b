#include "train/step_log.h"

#include <algorithm>

namespace sinkmoe::train {

void StepLog::start_clock(int64_t step) {
  progress_.step = logged_ = step;
  progress_.steps = config_.train.steps;
  logged_at_ = Clock::now();
}

void StepLog::evaluated(const metrics::EvaluationResult& result) {
  progress_.imbalance = result.imbalance;
  progress_.sink_rate = result.sink_rate;
  if (config_.train.steps > 0) return;
  progress_.loss = result.loss;
  reporter_.progress(progress_);
}

void StepLog::add(const StepNumbers& n) {
  const int64_t step = n.step + 1;
  progress_.step = step;
  progress_.loss = n.loss;
  const auto now = Clock::now();
  const double seconds = std::chrono::duration<double>(now - logged_at_).count();
  const auto tokens =
      static_cast<double>((step - logged_) * config_.train.batch * config_.data.context);
  if (step % config_.run.log_every == 0 || step == config_.train.steps) {
    progress_.tokens_per_second = tokens / std::max(seconds, 1e-9);
    reporter_.metrics({{"train/loss", step, -1, -1, n.loss},
                       {"train/aux_loss", step, -1, -1, n.aux},
                       {"train/grad_norm", step, -1, -1, n.gradient_norm},
                       {"train/lr", step, -1, -1, n.lr},
                       {"train/tokens_per_s", step, -1, -1, progress_.tokens_per_second}});
    logged_at_ = now;
    logged_ = step;
  }
  reporter_.progress(progress_);
}

}  // namespace sinkmoe::train
