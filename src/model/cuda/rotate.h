// Rotary positions in place, as a CUDA kernel. Includes no LibTorch.
#pragma once

#include "tensor/cuda/types.h"

namespace sinkmoe::cuda {

// Rotates pairs (i, i + K/2) of `heads` heads of width K at the start of each row of `stride`
// elements by the angle of position row % T; sign -1 rotates back. Like kernel::rotate. rows is a
// multiple of T; K is even.
template <class E>
struct Rotate {
  int64_t rows, T, heads, K, stride;
  const float *cosine, *sine;  // [T, K/2]
  float sign;
  E* x;
};

template <class E>
cudaError_t rotate(const Rotate<E>& a, cudaStream_t stream);

}  // namespace sinkmoe::cuda
