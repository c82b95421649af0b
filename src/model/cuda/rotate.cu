// A group of 2^shift threads has one token of one batch row. Each thread keeps the angles of its
// pairs in registers and turns every head by them.
#include "model/cuda/rotate.h"

#include "tensor/cuda/elements.cuh"

namespace sinkmoe::cuda {
namespace {

constexpr int kRotateThreads = 128;

// The arithmetic is fp32, rounded once. blockIdx.y walks over batch rows.
template <class E, int W>
__global__ void rotate_kernel(Rotate<E> a, int batch, int shift) {
  const int half = static_cast<int>(a.K) / 2, T = static_cast<int>(a.T),
            heads = static_cast<int>(a.heads), lanes = 1 << shift;
  const int t = static_cast<int>(blockIdx.x) * (kRotateThreads >> shift) +
                (static_cast<int>(threadIdx.x) >> shift);
  if (t >= T) return;
  for (int c = (static_cast<int>(threadIdx.x) & (lanes - 1)) * W; c < half; c += lanes * W) {
    const int angle = t * half + c;
    const Piece<W> cosine = read<W>(a.cosine + angle);
    Piece<W> sine = read<W>(a.sine + angle);
    for (int i = 0; i < W; ++i) sine.x[i] *= a.sign;
    for (int b = static_cast<int>(blockIdx.y); b < batch; b += static_cast<int>(gridDim.y)) {
      E* x = a.x + (static_cast<int64_t>(b) * T + t) * a.stride + c;
      UNROLL(2)
      for (int head = 0; head < heads; ++head, x += 2 * half) {
        Piece<W> low = read<W>(x), high = read<W>(x + half);
        for (int i = 0; i < W; ++i) {
          const float l = low.x[i], h = high.x[i];
          low.x[i] = l * cosine.x[i] - h * sine.x[i];
          high.x[i] = h * cosine.x[i] + l * sine.x[i];
        }
        write<W>(x, low);
        write<W>(x + half, high);
      }
    }
  }
}

template <class T>
bool aligned(const T* x) {
  return reinterpret_cast<uintptr_t>(x) % 16 == 0;
}

}  // namespace

template <class E>
cudaError_t rotate(const Rotate<E>& a, cudaStream_t stream) {
  if (a.rows == 0 || a.heads == 0 || a.K < 2) return cudaSuccess;
  constexpr int64_t kMostBatchBlocks = 1024;  // far below the limit of gridDim.y
  const int64_t half = a.K / 2, batch = a.rows / a.T;
  const bool wide = half % kChannels == 0 && a.stride % kChannels == 0 && aligned(a.x) &&
                    aligned(a.cosine) && aligned(a.sine);
  const int shift = log2_of(lanes_for(wide ? half / kChannels : half));
  const int64_t tokens = kRotateThreads >> shift;
  const dim3 grid(static_cast<unsigned>((a.T + tokens - 1) / tokens),
                  static_cast<unsigned>(batch < kMostBatchBlocks ? batch : kMostBatchBlocks));
  return launch(wide ? rotate_kernel<E, kChannels> : rotate_kernel<E, 1>, grid, kRotateThreads,
                stream, a, static_cast<int>(batch), shift);
}

template cudaError_t rotate(const Rotate<float>&, cudaStream_t);
template cudaError_t rotate(const Rotate<Bf16>&, cudaStream_t);

}  // namespace sinkmoe::cuda
