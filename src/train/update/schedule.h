// Learning rate and evaluation steps: pure functions of the configuration.
#pragma once

#include <cstdint>
#include <vector>

#include "config/run_config.h"

namespace sinkmoe::train {

// Learning rate of optimizer step `step` (0-based): linear warm-up, constant, linear decay to 0
// over the last decay_fraction.
double learning_rate(const config::TrainConfig& config, int64_t step);

// Steps at which to evaluate: 0, then about `points` - 1 more, evenly spaced in log; the last one
// is `steps`.
std::vector<int64_t> evaluation_steps(int64_t steps, int64_t points);

}  // namespace sinkmoe::train
