// RMSNorm: one kernel forward and one backward. Includes no LibTorch.
#pragma once

#include "tensor/cuda/types.h"

namespace sinkmoe::cuda {

// Rows of C channels, C a multiple of 8 up to kMostNormChannels. Arrays are contiguous and start at
// multiples of 16 bytes.
constexpr int64_t kMostNormChannels = 2048;

// Blocks of the backward pass, each with one part of dw: they take eight rows for each group of
// threads that has a row, a warp for C of 256 and more, a part of a warp below.
int64_t norm_blocks(int64_t rows, int64_t C);

// y = x * inverse * w with inverse = 1 / sqrt(mean(x^2) + eps), stored per row for the backward
// pass.
template <class E>
struct Norm {
  int64_t rows, C;
  float eps;
  const E* x;
  const float* w;
  E* y;
  float* inverse;
};

// dx = residual + gradient of y; residual may be null. dw holds one part per block [norm_blocks,
// C].
template <class E>
struct NormBackward {
  int64_t rows, C;
  const E *dy, *x, *residual;
  const float *w, *inverse;
  E* dx;
  float* dw;
};

template <class E>
cudaError_t norm(const Norm<E>& a, cudaStream_t stream);
template <class E>
cudaError_t norm_backward(const NormBackward<E>& a, cudaStream_t stream);

}  // namespace sinkmoe::cuda
