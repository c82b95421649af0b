#include "train/divergence.h"

#include <algorithm>
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
  if (n.step == 0) past_.first_loss = n.loss;
  const bool high = done > config_.warmup && n.loss > std::max(limit_, past_.first_loss);
  past_.high_loss_steps = high ? past_.high_loss_steps + 1 : 0;
  if (past_.high_loss_steps < kPatience) return "";
  return "loss above ln V + 1 and above the first loss (" + shortest(past_.first_loss) + ") for " +
         std::to_string(kPatience) + " steps, at step " + std::to_string(done) + ": loss " +
         shortest(n.loss);
}

}  // namespace sinkmoe::train
