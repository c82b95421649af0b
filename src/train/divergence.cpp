#include "train/divergence.h"

#include <cmath>

#include "core/text/number.h"

namespace sinkmoe::train {

DivergenceCheck::DivergenceCheck(const config::TrainConfig& config, int64_t vocabulary)
    : config_(config), limit_(std::log(static_cast<double>(vocabulary)) + 1) {}

std::string DivergenceCheck::operator()(const StepNumbers& n) {
  constexpr int64_t kPatience = 20;
  if (!n.finite())
    return "not finite at step " + std::to_string(n.step) + ", rows 0.." +
           std::to_string(config_.batch - 1) + " of its batch: loss " + shortest(n.loss) +
           ", balance loss " + shortest(n.aux) + ", gradient norm " + shortest(n.gradient_norm);
  const int64_t done = n.step + 1;
  high_loss_steps_ = done > config_.warmup && n.loss > limit_ ? high_loss_steps_ + 1 : 0;
  if (high_loss_steps_ < kPatience) return "";
  return "loss above ln V + 1 for " + std::to_string(kPatience) + " steps, at step " +
         std::to_string(done) + ": loss " + shortest(n.loss);
}

}  // namespace sinkmoe::train
