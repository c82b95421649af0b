// The numbers of one optimizer step.
#pragma once

#include <cmath>
#include <cstdint>

namespace sinkmoe::train {

struct StepNumbers {
  int64_t step = 0;  // 0-based: the number of updates before it
  double loss = 0, aux = 0, gradient_norm = 0, lr = 0;

  bool finite() const {
    return std::isfinite(loss) && std::isfinite(aux) && std::isfinite(gradient_norm);
  }
};

}  // namespace sinkmoe::train
