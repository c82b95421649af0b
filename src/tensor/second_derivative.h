// Refuses second derivatives. The backward passes of our ops are written by hand, and autograd
// cannot differentiate them. Training needs first derivatives only, so a second one is an error
// instead of being silently wrong.
#pragma once

#include <ATen/core/grad_mode.h>

#include <stdexcept>
#include <string>

namespace sinkmoe::tensor {

// Call at the start of a backward pass. Throws std::logic_error that names the op.
inline void refuse_second_derivative(const char* op) {
  if (at::GradMode::is_enabled())
    throw std::logic_error(std::string(op) + ": second derivatives are not implemented");
}

}  // namespace sinkmoe::tensor
