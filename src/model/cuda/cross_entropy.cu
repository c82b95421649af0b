// One block per row. The first pass computes maximum and sum together; the second overwrites the
// logits, which are then still in cache, with the gradient.
#include "model/cuda/cross_entropy.h"

#include "tensor/cuda/elements.cuh"

namespace sinkmoe::cuda {
namespace {

constexpr int kRowThreads = 256, kWarpSize = 32, kWarps = kRowThreads / kWarpSize;

// Sum of exp(x - top) over the x seen so far, and their maximum.
struct Sum {
  float top, sum;
};

__device__ inline Sum join(Sum a, Sum b) {
  const float top = fmaxf(a.top, b.top);
  // The side with the larger maximum keeps its sum, so an empty side causes no NaN.
  const float left = a.top == top ? a.sum : a.sum * expf(a.top - top);
  const float right = b.top == top ? b.sum : b.sum * expf(b.top - top);
  return {top, left + right};
}

// The same sum in every thread of the block.
__device__ inline Sum over_block(Sum mine, Sum* shared) {
  for (int step = kWarpSize / 2; step > 0; step /= 2)
    mine = join(mine, {__shfl_xor_sync(0xffffffffu, mine.top, step, kWarpSize),
                       __shfl_xor_sync(0xffffffffu, mine.sum, step, kWarpSize)});
  if (threadIdx.x % kWarpSize == 0) shared[threadIdx.x / kWarpSize] = mine;
  __syncthreads();
  Sum all = shared[0];
  for (int warp = 1; warp < kWarps; ++warp) all = join(all, shared[warp]);
  return all;
}

// The last piece of a row may reach beyond its V logits; there the probability is zero.
template <int W, class E>
__device__ Piece<W> read_logits(const E* row, int c, int V) {
  Piece<W> z = read<W>(row + c);
  if (c + W > V)
    for (int i = 0; i < W; ++i)
      if (c + i >= V) z.x[i] = -INFINITY;
  return z;
}

template <class E, int W>
__global__ void cross_entropy_kernel(CrossEntropy<E> a) {
  __shared__ Sum shared[kWarps];
  E* row = a.logits + static_cast<int64_t>(blockIdx.x) * a.stride;
  const int V = static_cast<int>(a.V), first = static_cast<int>(threadIdx.x) * W,
            step = kRowThreads * W;
  Sum mine{-INFINITY, 0};
  for (int c = first; c < V; c += step) {
    const Piece<W> z = read_logits<W>(row, c, V);
    Sum piece{z.x[0], 0};
    for (int i = 1; i < W; ++i) piece.top = fmaxf(piece.top, z.x[i]);
    for (int i = 0; i < W; ++i) piece.sum += expf(z.x[i] - piece.top);
    mine = join(mine, piece);
  }
  const int target = static_cast<int>(a.target[blockIdx.x]);
  const float on_target = get(row + target);  // before any thread writes: over_block synchronises
  const Sum all = over_block(mine, shared);
  if (threadIdx.x == 0) a.loss[blockIdx.x] = logf(all.sum) + (all.top - on_target);
  const float factor = a.scale / all.sum;
  for (int c = first; c < V; c += step) {
    Piece<W> z = read_logits<W>(row, c, V);
    for (int i = 0; i < W; ++i)
      z.x[i] = factor * expf(z.x[i] - all.top) - (c + i == target ? a.scale : 0.0f);
    write<W>(row + c, z);
  }
}

}  // namespace

template <class E>
cudaError_t cross_entropy(const CrossEntropy<E>& a, cudaStream_t stream) {
  if (a.rows == 0) return cudaSuccess;
  const int64_t whole = (a.V + kChannels - 1) / kChannels * kChannels;
  const bool aligned = a.stride % kChannels == 0 && a.stride >= whole &&
                       reinterpret_cast<uintptr_t>(a.logits) % (kChannels * sizeof(E)) == 0;
  const auto kernel = aligned ? cross_entropy_kernel<E, kChannels> : cross_entropy_kernel<E, 1>;
  return launch(kernel, static_cast<unsigned>(a.rows), kRowThreads, stream, a);
}

template cudaError_t cross_entropy(const CrossEntropy<float>&, cudaStream_t);
template cudaError_t cross_entropy(const CrossEntropy<Bf16>&, cudaStream_t);

}  // namespace sinkmoe::cuda
