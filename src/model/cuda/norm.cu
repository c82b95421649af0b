// A group of 2^shift threads of one warp has a row and takes one row after another. A thread holds
// P pieces of eight channels, so that a row is read once and needs no barrier. Only at the end of
// the backward pass does a block add up the gradients of the weight of its groups, in fixed order.
#include "model/cuda/norm.h"

#include <type_traits>

#include "tensor/cuda/elements.cuh"

namespace sinkmoe::cuda {
namespace {

constexpr int kNormThreads = 128, kForwardRows = 4, kBackwardRows = 8, kLanes = 32;

inline int groups_for(int64_t C) { return kNormThreads / lanes_for(C / kChannels); }

// The pieces of a row that belong to this thread: lane, lane + 32, ...
struct Place {
  int group, lane, pieces;
  __device__ bool has(int p) const { return lane + p * kLanes < pieces; }
  __device__ int64_t at(int p) const { return static_cast<int64_t>(lane + p * kLanes) * kChannels; }
};

__device__ inline Place place(int64_t C, int shift) {
  const int thread = static_cast<int>(threadIdx.x);
  return {thread >> shift, thread & ((1 << shift) - 1), static_cast<int>(C) / kChannels};
}

template <class E, int P>
__global__ void norm_kernel(Norm<E> a, float share, int shift) {
  const Place own = place(a.C, shift);
  const int groups = kNormThreads >> shift, lanes = 1 << shift;
  Channels w[P];
  for (int p = 0; p < P; ++p) w[p] = own.has(p) ? load(a.w + own.at(p)) : zeros();
  const int64_t first = static_cast<int64_t>(blockIdx.x) * groups * kForwardRows + own.group;
  for (int i = 0; i < kForwardRows; ++i) {
    const int64_t row = first + i * groups;
    const bool inside = row < a.rows;  // all lanes take part in the sum
    Channels x[P];
    float squares = 0;
    for (int p = 0; p < P; ++p) {
      x[p] = inside && own.has(p) ? load(a.x + row * a.C + own.at(p)) : zeros();
      squares += dot(x[p], x[p]);
    }
    const float inverse = rsqrtf(row_sum(squares, lanes) * share + a.eps);
    if (!inside) continue;
    if (own.lane == 0) a.inverse[row] = inverse;
    for (int p = 0; p < P; ++p) {
      if (!own.has(p)) continue;
      for (int c = 0; c < kChannels; ++c) x[p].x[c] *= inverse * w[p].x[c];
      store(a.y + row * a.C + own.at(p), x[p]);
    }
  }
}

__device__ inline void add_product(Channels& sum, const Channels& a, const Channels& b) {
  for (int c = 0; c < kChannels; ++c) sum.x[c] += a.x[c] * b.x[c];
}

template <class E, int P>
__global__ void norm_backward_kernel(NormBackward<E> a, float share, int shift) {
  // [groups, C]: a thread has its own places until the barrier. The widest rows leave no registers
  // for dw, which then is here from the start.
  __shared__ float shared[kNormThreads * P * kChannels];
  constexpr bool kInShared = P > 4;
  const Place own = place(a.C, shift);
  const int groups = kNormThreads >> shift, lanes = 1 << shift;
  const int C = static_cast<int>(a.C);
  float* const mine = shared + own.group * C;
  Channels dw[kInShared ? 1 : P];
  for (int p = 0; p < P; ++p) {
    if constexpr (!kInShared)
      dw[p] = zeros();
    else if (own.has(p))
      store(mine + own.at(p), zeros());
  }
  const int64_t first = static_cast<int64_t>(blockIdx.x) * groups * kBackwardRows + own.group;
  for (int i = 0; i < kBackwardRows; ++i) {
    const int64_t row = first + i * groups;
    const bool inside = row < a.rows;
    const float inverse = inside ? a.inverse[row] : 0;
    Channels x[P], dy[P];
    float on_x = 0;
    for (int p = 0; p < P; ++p) {
      const bool filled = inside && own.has(p);
      x[p] = filled ? load(a.x + row * a.C + own.at(p)) : zeros();
      dy[p] = filled ? load(a.dy + row * a.C + own.at(p)) : zeros();
      const Channels w = own.has(p) ? load(a.w + own.at(p)) : zeros();
      for (int c = 0; c < kChannels; ++c) x[p].x[c] *= inverse;
      if constexpr (!kInShared)
        add_product(dw[p], dy[p], x[p]);
      else if (own.has(p)) {
        Channels sum = load(mine + own.at(p));
        add_product(sum, dy[p], x[p]);
        store(mine + own.at(p), sum);
      }
      for (int c = 0; c < kChannels; ++c) dy[p].x[c] *= w.x[c];
      on_x += dot(dy[p], x[p]);
    }
    on_x = row_sum(on_x, lanes) * share;
    if (!inside) continue;
    for (int p = 0; p < P; ++p) {
      if (!own.has(p)) continue;
      const int64_t at = row * a.C + own.at(p);
      Channels dx = a.residual ? load(a.residual + at) : zeros();
      for (int c = 0; c < kChannels; ++c) dx.x[c] += inverse * (dy[p].x[c] - on_x * x[p].x[c]);
      store(a.dx + at, dx);
    }
  }
  if constexpr (!kInShared)
    for (int p = 0; p < P; ++p)
      if (own.has(p)) store(mine + own.at(p), dw[p]);
  __syncthreads();
  for (int c = static_cast<int>(threadIdx.x); c < C; c += kNormThreads) {
    float sum = 0;
    for (int group = 0; group < groups; ++group) sum += shared[group * C + c];
    a.dw[static_cast<int64_t>(blockIdx.x) * C + c] = sum;
  }
}

int64_t blocks_for(int64_t rows, int64_t C, int rows_of_group) {
  const int64_t step = static_cast<int64_t>(groups_for(C)) * rows_of_group;
  return (rows + step - 1) / step;
}

// Calls f with the number of pieces of a thread as a constant.
template <class F>
cudaError_t with_pieces(int64_t C, F&& f) {
  const int64_t pieces = (C / kChannels + kLanes - 1) / kLanes;
  if (pieces <= 1) return f(std::integral_constant<int, 1>());
  if (pieces <= 2) return f(std::integral_constant<int, 2>());
  if (pieces <= 3) return f(std::integral_constant<int, 3>());
  if (pieces <= 4) return f(std::integral_constant<int, 4>());
  return f(std::integral_constant<int, 8>());
}

}  // namespace

int64_t norm_blocks(int64_t rows, int64_t C) { return blocks_for(rows, C, kBackwardRows); }

template <class E>
cudaError_t norm(const Norm<E>& a, cudaStream_t stream) {
  const auto blocks = static_cast<unsigned>(blocks_for(a.rows, a.C, kForwardRows));
  return with_pieces(a.C, [&](auto pieces) {
    return launch(norm_kernel<E, decltype(pieces)::value>, blocks, kNormThreads, stream, a,
                  1.0f / static_cast<float>(a.C), log2_of(lanes_for(a.C / kChannels)));
  });
}

template <class E>
cudaError_t norm_backward(const NormBackward<E>& a, cudaStream_t stream) {
  const auto blocks = static_cast<unsigned>(norm_blocks(a.rows, a.C));
  return with_pieces(a.C, [&](auto pieces) {
    return launch(norm_backward_kernel<E, decltype(pieces)::value>, blocks, kNormThreads, stream, a,
                  1.0f / static_cast<float>(a.C), log2_of(lanes_for(a.C / kChannels)));
  });
}

template cudaError_t norm(const Norm<float>&, cudaStream_t);
template cudaError_t norm(const Norm<Bf16>&, cudaStream_t);
template cudaError_t norm_backward(const NormBackward<float>&, cudaStream_t);
template cudaError_t norm_backward(const NormBackward<Bf16>&, cudaStream_t);

}  // namespace sinkmoe::cuda
