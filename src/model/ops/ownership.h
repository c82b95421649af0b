// Whether a gradient may be written over.
#pragma once

#include <ATen/core/Tensor.h>

namespace sinkmoe::model {

// True when the caller's list alone holds the tensor, and its memory has no other views than the
// `views` that the caller knows.
inline bool is_ours(const at::Tensor& x, size_t views) {
  return x.use_count() == 1 && x.storage().use_count() == views;
}

}  // namespace sinkmoe::model
