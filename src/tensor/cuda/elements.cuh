// Device helpers for all kernels: single elements and groups of eight neighbours in fp32 and bf16,
// with fp32 arithmetic, divisions of indices, and sums over threads.
#pragma once

#include "tensor/cuda/language.h"
#include "tensor/cuda/types.h"

namespace sinkmoe::cuda {

constexpr int kChannels = 8;  // per thread

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

// W neighbours: eight where everything is aligned, otherwise one.
template <int W>
struct Piece {
  float x[W];
};

template <int W, class E>
__device__ Piece<W> read(const E* from) {
  Piece<W> p;
  if constexpr (W == kChannels) {
    const Channels c = load(from);
    for (int i = 0; i < W; ++i) p.x[i] = c.x[i];
  } else {
    p.x[0] = get(from);
  }
  return p;
}

template <int W, class E>
__device__ void write(E* to, const Piece<W>& p) {
  if constexpr (W == kChannels) {
    Channels c;
    for (int i = 0; i < W; ++i) c.x[i] = p.x[i];
    store(to, c);
  } else {
    put(to, p.x[0]);
  }
}

__device__ inline Channels zeros() { return Channels{}; }

// n / divisor and the remainder for n below 2^31 without a division: a product, an addition and a
// shift (Granlund and Montgomery). Made on the host.
struct Divider {
  uint32_t divisor, factor, shift;
};

inline Divider divider(int64_t divisor) {
  Divider d{static_cast<uint32_t>(divisor), 0, 0};
  while ((int64_t{1} << d.shift) < divisor) ++d.shift;
  const uint64_t power = uint64_t{1} << d.shift;
  d.factor = static_cast<uint32_t>(((power - d.divisor) << 32) / d.divisor + 1);
  return d;
}

struct Quotient {
  int32_t whole, rest;
};

__device__ inline Quotient divide(int32_t n, const Divider& by) {
  const auto u = static_cast<uint32_t>(n);
  const uint32_t whole = (__umulhi(u, by.factor) + u) >> by.shift;
  return {static_cast<int32_t>(whole), static_cast<int32_t>(u - whole * by.divisor)};
}

// The smallest power of two, up to a warp, of threads with which `pieces` pieces fit one a thread.
inline int lanes_for(int64_t pieces) {
  int lanes = 1;
  while (lanes < 32 && lanes < pieces) lanes *= 2;
  return lanes;
}

inline int log2_of(int lanes) {
  int shift = 0;
  while ((1 << shift) < lanes) ++shift;
  return shift;
}

// Sum over the threads of a row; every thread of the warp takes part.
__device__ inline float row_sum(float x, int lanes) {
  for (int step = lanes / 2; step > 0; step /= 2) x += __shfl_xor_sync(0xffffffffu, x, step, lanes);
  return x;
}

// Largest |x| of the row; a NaN is larger than every number.
__device__ inline float row_max_abs(const Channels& c, int lanes) {
  uint32_t bits = 0;
  for (int i = 0; i < kChannels; ++i) bits = max(bits, __float_as_uint(fabsf(c.x[i])));
  for (int step = lanes / 2; step > 0; step /= 2)
    bits = max(bits, __shfl_xor_sync(0xffffffffu, bits, step, lanes));
  return __uint_as_float(bits);
}

__device__ inline float dot(const Channels& a, const Channels& b) {
  float sum = 0;
  for (int i = 0; i < kChannels; ++i) sum += a.x[i] * b.x[i];
  return sum;
}

}  // namespace sinkmoe::cuda
