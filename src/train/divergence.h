// Decides when training has diverged.
#pragma once

#include <cstdint>
#include <string>

#include "config/run_config.h"
#include "train/step_numbers.h"

namespace sinkmoe::train {

// Diverged: a number is not finite, or the loss is above ln V + 1 for 20 steps in a row after
// warm-up.
class DivergenceCheck {
 public:
  DivergenceCheck(const config::TrainConfig& config, int64_t vocabulary);
  // What is wrong, at which step and batch; "" if nothing is. Call once per step, in order.
  std::string operator()(const StepNumbers& numbers);
  // Steps in a row so far whose loss was too high: a part of the state of training.
  int64_t high_loss_steps() const { return high_loss_steps_; }
  void set_high_loss_steps(int64_t steps) { high_loss_steps_ = steps; }

 private:
  const config::TrainConfig& config_;
  double limit_;
  int64_t high_loss_steps_ = 0;
};

}  // namespace sinkmoe::train
