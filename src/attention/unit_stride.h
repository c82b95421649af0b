// A layout that every attention kernel can read.
#pragma once

#include <ATen/core/Tensor.h>

namespace sinkmoe::attention {

// The tensor itself if its last stride is 1, otherwise a copy in memory order B,T,H,K.
inline at::Tensor with_unit_stride(const at::Tensor& x_BHTK) {
  if (x_BHTK.stride(-1) == 1 || x_BHTK.size(-1) == 1) return x_BHTK;
  return x_BHTK.transpose(1, 2).contiguous().transpose(1, 2);
}

}  // namespace sinkmoe::attention
