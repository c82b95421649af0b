#include "train/update/schedule.h"

#include <algorithm>
#include <cmath>

namespace sinkmoe::train {

double learning_rate(const config::TrainConfig& config, int64_t step) {
  const double at = static_cast<double>(step), steps = static_cast<double>(config.steps);
  double factor = 1;
  if (step < config.warmup) factor = (at + 1) / static_cast<double>(config.warmup);
  const double decay = config.decay_fraction * steps;
  if (decay > 0) factor = std::min(factor, (steps - at) / decay);
  return config.lr * factor;
}

std::vector<int64_t> evaluation_steps(int64_t steps, int64_t points) {
  std::vector<int64_t> at = {0};
  const double first = std::max(1.0, static_cast<double>(steps) / 100),
               last = static_cast<double>(steps);
  for (int64_t i = 0; i + 1 < points && steps > 0; ++i) {
    const double part = points > 2 ? static_cast<double>(i) / static_cast<double>(points - 2) : 1.0;
    at.push_back(std::llround(first * std::pow(last / first, part)));
  }
  at.push_back(steps);
  std::sort(at.begin(), at.end());
  at.erase(std::unique(at.begin(), at.end()), at.end());
  return at;
}

}  // namespace sinkmoe::train
