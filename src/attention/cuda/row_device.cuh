// Device helpers of the fix-ups: a row of K channels belongs to a group of `lanes` threads, eight
// channels each.
#pragma once

#include "attention/cuda/row_kernels.h"
#include "attention/sdpa/empty_row.h"
#include "tensor/cuda/elements.cuh"

namespace sinkmoe::cuda {

constexpr int kThreads = 128;

inline int lanes_for(int64_t K) {
  int lanes = 1;
  while (lanes * kChannels < K) lanes *= 2;
  return lanes;
}

template <class E>
__device__ E* row(const Rows<E>& a, int64_t b, int64_t h, int64_t t) {
  return a.data + b * a.b + h * a.h + t * a.t;
}

// sigma(x), sigma(-x) and log(1 + exp(-|x|)), computed without subtraction.
struct Split {
  float plus, minus, log1p;
};

__device__ inline Split split(float x) {
  const float e = expf(-fabsf(x)), large = 1 / (1 + e), small = e * large;
  return {x >= 0 ? large : small, x >= 0 ? small : large, log1pf(e)};
}

// Properties of a row of d_out for edit_row, the same in all its threads.
struct RowSize {
  float largest, squares;  // of d_out / largest
  bool empty;
};

__device__ inline RowSize row_size(const Channels& d_out, int lanes) {
  float largest = 0, filled = 0, squares = 0;
  for (int i = 0; i < kChannels; ++i) {
    largest = fmaxf(largest, fabsf(d_out.x[i]));
    if (!(fabsf(d_out.x[i]) < static_cast<float>(attention::kEmptyRow))) filled = 1;  // also a NaN
  }
  largest = row_max(largest, lanes);
  filled = row_max(filled, lanes);
  for (int i = 0; i < kChannels; ++i) squares += (d_out.x[i] / largest) * (d_out.x[i] / largest);
  return {largest, row_sum(squares, lanes), filled == 0};
}

// Writes the row `edit` with edit . d_out_copy = D. An empty row gets replacement values in its
// first two channels; the second holds the rounding error of the first.
template <class E>
__device__ void write_edit(E* edit, E* copy, const Channels& d_out, const RowSize& size, float D,
                           int lane) {
  Channels edited = zeros(), copied = d_out;
  if (!size.empty) {
    for (int i = 0; i < kChannels; ++i)
      edited.x[i] = D / size.largest / size.squares * (d_out.x[i] / size.largest);
  } else if (lane == 0) {
    const float wanted = D / static_cast<float>(attention::kEmptyRow);
    edited.x[0] = rounded(wanted, edit);
    edited.x[1] = wanted - edited.x[0];
    copied.x[0] = copied.x[1] = static_cast<float>(attention::kEmptyRow);
  }
  store(edit + lane * kChannels, edited);
  store(copy + lane * kChannels, copied);
}

}  // namespace sinkmoe::cuda
