// A thread holds eight channels of a row. A block processes its rows one after another, so that the
// gradient of the weight stays in registers until the end.
#include "model/cuda/norm.h"

#include "tensor/cuda/elements.cuh"

namespace sinkmoe::cuda {
namespace {

constexpr int kWarpSize = 32, kMostWarps = kMostNormChannels / kChannels / kWarpSize;

inline unsigned threads_for(int64_t C) {
  return static_cast<unsigned>((C / kChannels + kWarpSize - 1) / kWarpSize * kWarpSize);
}

// The same sum in every thread. The first barrier keeps a fast warp from overwriting values of the
// previous call that a slow warp still reads.
__device__ inline float block_sum(float x, int warps, float* shared) {
  x = row_sum(x, kWarpSize);
  __syncthreads();
  if (threadIdx.x % kWarpSize == 0) shared[threadIdx.x / kWarpSize] = x;
  __syncthreads();
  float sum = 0;
  for (int warp = 0; warp < warps; ++warp) sum += shared[warp];
  return sum;
}

template <class E>
__global__ void norm_kernel(Norm<E> a, int warps) {
  __shared__ float shared[kMostWarps];
  const int64_t c = static_cast<int64_t>(threadIdx.x) * kChannels;
  const bool mine = c < a.C;
  const Channels w = mine ? load(a.w + c) : zeros();
  const int64_t first = blockIdx.x * kNormRows, end = min(first + kNormRows, a.rows);
  for (int64_t row = first; row < end; ++row) {
    const Channels x = mine ? load(a.x + row * a.C + c) : zeros();
    const float squares = block_sum(dot(x, x), warps, shared);
    const float inverse = 1.0f / sqrtf(squares / static_cast<float>(a.C) + a.eps);
    if (threadIdx.x == 0) a.inverse[row] = inverse;
    if (!mine) continue;
    Channels y;
    for (int i = 0; i < kChannels; ++i) y.x[i] = x.x[i] * inverse * w.x[i];
    store(a.y + row * a.C + c, y);
  }
}

template <class E>
__global__ void norm_backward_kernel(NormBackward<E> a, int warps) {
  __shared__ float shared[kMostWarps];
  const int64_t c = static_cast<int64_t>(threadIdx.x) * kChannels;
  const bool mine = c < a.C;
  const Channels w = mine ? load(a.w + c) : zeros();
  Channels dw = zeros();
  const int64_t first = blockIdx.x * kNormRows, end = min(first + kNormRows, a.rows);
  for (int64_t row = first; row < end; ++row) {
    const int64_t at = row * a.C + c;
    const Channels x = mine ? load(a.x + at) : zeros(), dy = mine ? load(a.dy + at) : zeros();
    Channels g;
    for (int i = 0; i < kChannels; ++i) g.x[i] = dy.x[i] * w.x[i];
    const float inverse = a.inverse[row];
    const float on_x =
        block_sum(dot(g, x), warps, shared) * inverse * inverse * inverse / static_cast<float>(a.C);
    if (!mine) continue;
    Channels dx = a.residual ? load(a.residual + at) : zeros();
    for (int i = 0; i < kChannels; ++i) {
      dx.x[i] += inverse * g.x[i] - on_x * x.x[i];
      dw.x[i] += dy.x[i] * (x.x[i] * inverse);
    }
    store(a.dx + at, dx);
  }
  if (mine) store(a.dw + static_cast<int64_t>(blockIdx.x) * a.C + c, dw);
}

}  // namespace

template <class E>
cudaError_t norm(const Norm<E>& a, cudaStream_t stream) {
  const unsigned threads = threads_for(a.C);
  return launch(norm_kernel<E>, static_cast<unsigned>(norm_blocks(a.rows)), threads, stream, a,
                static_cast<int>(threads) / kWarpSize);
}

template <class E>
cudaError_t norm_backward(const NormBackward<E>& a, cudaStream_t stream) {
  const unsigned threads = threads_for(a.C);
  return launch(norm_backward_kernel<E>, static_cast<unsigned>(norm_blocks(a.rows)), threads,
                stream, a, static_cast<int>(threads) / kWarpSize);
}

template cudaError_t norm(const Norm<float>&, cudaStream_t);
template cudaError_t norm(const Norm<Bf16>&, cudaStream_t);
template cudaError_t norm_backward(const NormBackward<float>&, cudaStream_t);
template cudaError_t norm_backward(const NormBackward<Bf16>&, cudaStream_t);

}  // namespace sinkmoe::cuda
