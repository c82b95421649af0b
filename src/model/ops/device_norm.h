// RMSNorm on a GPU as one kernel each way (model/cuda/); the plain form serves where there is none.
#pragma once

#include <ATen/core/Tensor.h>

#include <utility>

namespace sinkmoe::model {

// Plain values in, plain values out; x [.., C] contiguous, w [C] fp32.
struct NormKernels {
  bool (*fits)(const at::Tensor& x, const at::Tensor& w_C);
  // y, and 1 / rms of each row [N] fp32.
  std::pair<at::Tensor, at::Tensor> (*forward)(const at::Tensor& x, const at::Tensor& w_C,
                                               double eps);
  // dx (with residual added where it is defined) and dw [C] fp32.
  std::pair<at::Tensor, at::Tensor> (*backward)(const at::Tensor& dy, const at::Tensor& x,
                                                const at::Tensor& w_C, const at::Tensor& inverse_N,
                                                const at::Tensor& residual);
};

// The kernels announce themselves here.
void set_cuda_norm(const NormKernels* kernels);
// The kernels that fit x and w, or null.
const NormKernels* norm_kernels(const at::Tensor& x, const at::Tensor& w_C);

// As branch_norm of ops.h: (x, rms_norm(x)) under autograd, by these kernels.
std::pair<at::Tensor, at::Tensor> branch_norm_by(const NormKernels& kernels, const at::Tensor& x,
                                                 const at::Tensor& w_C, double eps);

}  // namespace sinkmoe::model
