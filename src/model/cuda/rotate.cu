#include "model/cuda/rotate.h"

#include "tensor/cuda/elements.cuh"

namespace sinkmoe::cuda {
namespace {

constexpr int kRotateThreads = 256;

// One thread per pair. The arithmetic is fp32, rounded once.
template <class E>
__global__ void rotate_kernel(Rotate<E> a) {
  const int64_t half = a.K / 2;
  const int64_t index = blockIdx.x * static_cast<int64_t>(kRotateThreads) + threadIdx.x;
  if (index >= a.rows * a.heads * half) return;
  const int64_t pair = index % half, head = index / half % a.heads, row = index / half / a.heads;
  E* x = a.x + row * a.stride + head * a.K + pair;
  const int64_t angle = row % a.T * half + pair;
  const float c = a.cosine[angle], s = a.sign * a.sine[angle], low = get(x), high = get(x + half);
  put(x, low * c - high * s);
  put(x + half, high * c + low * s);
}

}  // namespace

template <class E>
cudaError_t rotate(const Rotate<E>& a, cudaStream_t stream) {
  const int64_t pairs = a.rows * a.heads * (a.K / 2);
  if (pairs == 0) return cudaSuccess;
  return launch(rotate_kernel<E>,
                static_cast<unsigned>((pairs + kRotateThreads - 1) / kRotateThreads),
                kRotateThreads, stream, a);
}

template cudaError_t rotate(const Rotate<float>&, cudaStream_t);
template cudaError_t rotate(const Rotate<Bf16>&, cudaStream_t);

}  // namespace sinkmoe::cuda
