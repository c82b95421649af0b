// Reports every training step: one line of live state, and metric rows every run.log_every steps.
#pragma once

#include <chrono>

#include "config/run_config.h"
#include "core/run/run.h"
#include "metrics/metrics.h"
#include "train/step_numbers.h"

namespace sinkmoe::train {

class StepLog {
 public:
  // The references must outlive this object.
  StepLog(const config::RunConfig& config, RunReporter& reporter)
      : config_(config), reporter_(reporter) {}

  // Restarts the clock for tokens per second: at the start, and after an evaluation.
  void start_clock(int64_t step);
  // Keeps the loss of an evaluation; a run without steps reports this one.
  void evaluated(const metrics::EvaluationResult& result);
  void add(const StepNumbers& numbers);

 private:
  using Clock = std::chrono::steady_clock;

  const config::RunConfig& config_;
  RunReporter& reporter_;
  Progress progress_;
  int64_t logged_ = 0;
  Clock::time_point logged_at_ = Clock::now();
};

}  // namespace sinkmoe::train
