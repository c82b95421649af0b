// Device helpers of the row kernels: a row of K channels belongs to a group of `lanes` threads,
// eight channels each. Indices are 32-bit.
#pragma once

#include "attention/cuda/row_kernels.h"
#include "attention/sdpa/empty_row.h"
#include "tensor/cuda/elements.cuh"

namespace sinkmoe::cuda {

constexpr int kThreads = 128;

// How the rows of a problem lie on threads; made on the host.
struct Grid {
  int lanes, shift;  // lanes = 2^shift
  Divider heads, tokens, group;
};

inline Grid grid_for(const Sizes& n) {
  const int lanes = lanes_for(n.K / kChannels);
  return {lanes, log2_of(lanes), divider(n.H), divider(n.T), divider(n.H / n.J)};
}

inline unsigned row_blocks(const Sizes& n, const Grid& g) {
  const int64_t rows = static_cast<int64_t>(n.B) * n.H * n.T, per_block = kThreads >> g.shift;
  return static_cast<unsigned>((rows + per_block - 1) / per_block);
}

// The row of this thread. Threads after the last row, or beyond K, still join the shuffles.
struct Place {
  int b, h, t, lane, c;  // c: first channel
  bool row, channels;
};

__device__ inline Place place(const Sizes& n, const Grid& g) {
  const int thread = static_cast<int>(threadIdx.x), lane = thread & (g.lanes - 1);
  const int index = static_cast<int>(blockIdx.x) * (kThreads >> g.shift) + (thread >> g.shift);
  const bool inside = index < n.B * n.H * n.T;
  const Quotient token = divide(inside ? index : 0, g.heads),  // heads lie beside each other
      batch = divide(token.whole, g.tokens);
  const int c = lane * kChannels;
  return {batch.whole, token.rest, batch.rest, lane, c, inside, inside && c < n.K};
}

template <class E>
__device__ E* row(const Rows<E>& a, int b, int h, int t) {
  return a.data + (b * a.b + h * a.h + t * a.t);
}

// sigma(x), sigma(-x) and log(1 + exp(-|x|)), computed without subtraction.
struct Split {
  float plus, minus, log1p;
};

__device__ inline Split split(float x) {
  const float e = expf(-fabsf(x)), large = 1 / (1 + e), small = e * large;
  return {x >= 0 ? large : small, x >= 0 ? small : large, log1pf(e)};
}

// Properties of a row of d_out for write_edit, the same in all its threads.
struct RowSize {
  float inverse, squares;  // 1 / largest |d_out|; sum of (d_out / largest)^2
  bool empty;
};

__device__ inline RowSize row_size(const Channels& d_out, int lanes) {
  const float largest = row_max_abs(d_out, lanes);
  const bool empty = largest < static_cast<float>(attention::kEmptyRow);  // not for a NaN
  const float inverse = empty ? 0 : 1 / largest;
  float squares = 0;
  for (int i = 0; i < kChannels; ++i) {
    const float x = d_out.x[i] * inverse;
    squares += x * x;
  }
  return {inverse, row_sum(squares, lanes), empty};
}

// Writes the row `edit` with edit . d_out_copy = D. An empty row gets replacement values in its
// first two channels; the second holds the rounding error of the first.
template <class E>
__device__ void write_edit(E* edit, E* copy, const Channels& d_out, const RowSize& size, float D,
                           int lane) {
  Channels edited = zeros(), copied = d_out;
  if (!size.empty) {
    const float factor = D * size.inverse / size.squares;
    for (int i = 0; i < kChannels; ++i) edited.x[i] = factor * (d_out.x[i] * size.inverse);
  } else if (lane == 0) {
    const float wanted = D * static_cast<float>(1 / attention::kEmptyRow);
    edited.x[0] = rounded(wanted, edit);
    edited.x[1] = wanted - edited.x[0];
    copied.x[0] = copied.x[1] = static_cast<float>(attention::kEmptyRow);
  }
  store(edit + lane * kChannels, edited);
  store(copy + lane * kChannels, copied);
}

}  // namespace sinkmoe::cuda
