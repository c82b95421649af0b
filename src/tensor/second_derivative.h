// Own ops write their backward pass by hand, and autograd cannot look into it. Training needs first
// derivatives only, so a second one is refused instead of being silently wrong.
#pragma once

#include <ATen/core/grad_mode.h>

#include <stdexcept>
#include <string>

namespace sinkmoe::tensor {

// Called at the start of a backward pass. Throws std::logic_error, naming the op.
inline void refuse_second_derivative(const char* op) {
  if (at::GradMode::is_enabled())
    throw std::logic_error(std::string(op) + ": second derivatives are not implemented");
}

}  // namespace sinkmoe::tensor
