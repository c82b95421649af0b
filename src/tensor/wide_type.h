// The type in which sums and statistics of a tensor are computed.
#pragma once

#include <ATen/core/Tensor.h>

namespace sinkmoe::tensor {

// fp64 for an fp64 tensor, fp32 for every other.
inline at::ScalarType wide_type(const at::Tensor& x) {
  return x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
}

}  // namespace sinkmoe::tensor
