// Decides when training has diverged.
#pragma once

#include <cstdint>
#include <string>

#include "config/run_config.h"
#include "train/step_numbers.h"

namespace sinkmoe::train {

// Diverged: a number is not finite, or for 20 steps in a row after warm-up the loss is above both ln V + 1 and the loss of
// the run's first step. A model whose first loss is higher than ln V + 1 still learns while its loss falls.
class DivergenceCheck {
 public:
  // What the check remembers of earlier steps: a part of the state of training.
  struct Past {
    int64_t high_loss_steps = 0;  // in a row so far
    double first_loss =
        0;  // of the first step; 0: none yet, or an earlier version did not store it
  };

  DivergenceCheck(const config::TrainConfig& config, int64_t vocabulary);
  // What is wrong, at which step and batch; "" if nothing is. Call once per step, in order.
  std::string operator()(const StepNumbers& numbers);
  const Past& past() const { return past_; }
  void set_past(const Past& past) { past_ = past; }

 private:
  const config::TrainConfig& config_;
  double limit_;
  Past past_;
};

}  // namespace sinkmoe::train
