// AdamW over flat device buffers, in one kernel, and the norm of a gradient. Includes no LibTorch.
#pragma once

#include "tensor/cuda/types.h"

namespace sinkmoe::cuda {

// Arrays of n elements, n and decayed multiples of 4, 16-byte aligned. bf16 may be null. inputs and
// results are those of train/update/adamw.h. A step whose results are not all finite changes
// nothing.
struct AdamW {
  int64_t n, decayed;
  const float* grad;
  float *param, *m, *v;
  uint16_t* bf16;  // bits
  const double *inputs, *results;
  float beta1, beta2, eps, decay;
  double clip;  // 0: none
};

// L2 norm of n numbers, n a multiple of 4, 16-byte aligned. Sums are fp64, in an order that depends on
// n alone. `partial` has room for norm_parts(n) numbers.
struct GradientNorm {
  int64_t n;
  const float* grad;
  double *partial, *norm;
};
int64_t norm_parts(int64_t n);

cudaError_t gradient_norm(const GradientNorm& a, cudaStream_t stream);
cudaError_t adamw(const AdamW& a, cudaStream_t stream);

}  // namespace sinkmoe::cuda
