// Decides whether a gradient may be overwritten.
#pragma once

#include <ATen/core/Tensor.h>

namespace sinkmoe::model {

// True if only the caller's list holds the tensor, and its memory has no views except the `views`
// that the caller knows.
inline bool is_ours(const at::Tensor& x, size_t views) {
  return x.use_count() == 1 && x.storage().use_count() == views;
}

}  // namespace sinkmoe::model
