// The operation "RMSNorm": y = x / rms(x) * w over the last dimension.
#pragma once

#include <ATen/core/Tensor.h>

#include <utility>

#include "tensor/backends.h"

namespace sinkmoe::model {

struct RmsNorm {
  static constexpr const char* name = "RMSNorm";
  // x [.., C] contiguous, N rows; w_C fp32 or of the type of x.
  struct Kernels {
    // y like x, and 1 / rms of each row, [N], fp32 (fp64 for fp64).
    std::pair<at::Tensor, at::Tensor> (*forward)(const at::Tensor& x_NC, const at::Tensor& w_C,
                                                 double eps);
    // dx like x, with the residual added if it is defined, and dw [C] like w.
    std::pair<at::Tensor, at::Tensor> (*backward)(const at::Tensor& dy_NC, const at::Tensor& x_NC,
                                                  const at::Tensor& w_C,
                                                  const at::Tensor& inverse_N,
                                                  const at::Tensor& residual_NC);
  };
};

}  // namespace sinkmoe::model
