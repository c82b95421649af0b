// Device helpers. A group of `lanes` threads works on a row of K channels, eight channels each.
#pragma once

#include "attention/cuda/row_kernels.h"
#include "attention/sdpa/empty_row.h"
#include "tensor/cuda/language.h"

namespace sinkmoe::cuda {

constexpr int kThreads = 128;
constexpr int kChannels = 8;  // per thread

inline int lanes_for(int64_t K) {
  int lanes = 1;
  while (lanes * kChannels < K) lanes *= 2;
  return lanes;
}

template <class E>
__device__ E* row(const Rows<E>& a, int64_t b, int64_t h, int64_t t) {
  return a.data + b * a.b + h * a.h + t * a.t;
}

// One element.
__device__ inline float get(const float* x) { return *x; }
__device__ inline float get(const Bf16* x) {
  return __uint_as_float(static_cast<uint32_t>(x->bits) << 16);
}
__device__ inline void put(float* to, float x) { *to = x; }
__device__ inline void put(Bf16* to, float x) {
  to->bits = __bfloat16_as_ushort(__float2bfloat16_rn(x));
}

struct Channels {
  float x[kChannels];
};

__device__ inline Channels load(const float* from) {
  Channels c;
  const float4 low = reinterpret_cast<const float4*>(from)[0],
               high = reinterpret_cast<const float4*>(from)[1];
  c.x[0] = low.x, c.x[1] = low.y, c.x[2] = low.z, c.x[3] = low.w;
  c.x[4] = high.x, c.x[5] = high.y, c.x[6] = high.z, c.x[7] = high.w;
  return c;
}

__device__ inline Channels load(const Bf16* from) {
  const uint4 raw = *reinterpret_cast<const uint4*>(from);
  const uint32_t words[4] = {raw.x, raw.y, raw.z, raw.w};
  Channels c;
  for (int i = 0; i < 4; ++i) {
    c.x[2 * i] = __uint_as_float(words[i] << 16);
    c.x[2 * i + 1] = __uint_as_float(words[i] & 0xffff0000u);
  }
  return c;
}

__device__ inline void store(float* to, const Channels& c) {
  reinterpret_cast<float4*>(to)[0] = make_float4(c.x[0], c.x[1], c.x[2], c.x[3]);
  reinterpret_cast<float4*>(to)[1] = make_float4(c.x[4], c.x[5], c.x[6], c.x[7]);
}

__device__ inline float rounded(float x, const float*) { return x; }
__device__ inline float rounded(float x, const Bf16*) {
  return __bfloat162float(__float2bfloat16_rn(x));
}

__device__ inline void store(Bf16* to, const Channels& c) {
  uint32_t words[4];
  for (int i = 0; i < 4; ++i) {
    const uint32_t low = __bfloat16_as_ushort(__float2bfloat16_rn(c.x[2 * i]));
    const uint32_t high = __bfloat16_as_ushort(__float2bfloat16_rn(c.x[2 * i + 1]));
    words[i] = low | high << 16;
  }
  *reinterpret_cast<uint4*>(to) = make_uint4(words[0], words[1], words[2], words[3]);
}

__device__ inline Channels zeros() { return Channels{}; }

// Sum over the threads of a row; every thread of the warp takes part.
__device__ inline float row_sum(float x, int lanes) {
  for (int step = lanes / 2; step > 0; step /= 2) x += __shfl_xor_sync(0xffffffffu, x, step, lanes);
  return x;
}

__device__ inline float row_max(float x, int lanes) {
  for (int step = lanes / 2; step > 0; step /= 2)
    x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, step, lanes));
  return x;
}

__device__ inline float dot(const Channels& a, const Channels& b) {
  float sum = 0;
  for (int i = 0; i < kChannels; ++i) sum += a.x[i] * b.x[i];
  return sum;
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
    if (!(fabsf(d_out.x[i]) < static_cast<float>(kEmptyRow))) filled = 1;  // also a NaN
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
    const float wanted = D / static_cast<float>(kEmptyRow);
    edited.x[0] = rounded(wanted, edit);
    edited.x[1] = wanted - edited.x[0];
    copied.x[0] = copied.x[1] = static_cast<float>(kEmptyRow);
  }
  store(edit + lane * kChannels, edited);
  store(copy + lane * kChannels, copied);
}

}  // namespace sinkmoe::cuda
