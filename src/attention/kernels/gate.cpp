#include "attention/kernels/gate.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "tensor/cpu_dispatch.h"

namespace sinkmoe::attention::kernel {
namespace {

#define INLINE [[gnu::always_inline]] inline

INLINE double exp_negative(double x) { return std::exp(x); }

// exp for x <= 0 without branches, so that it vectorises (the library's expf does not): 2^n * p(r),
// |r| <= ln(2)/2, with the Taylor polynomial of degree 7 (truncation below 6e-9 relative).
INLINE float exp_negative(float x) {
  x = std::max(x, -87.0f);
  const float n = std::floor(x * 1.44269504f + 0.5f);
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.0f / 5040;
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1;
  p = p * r + 1;
  return p * std::bit_cast<float>((static_cast<int32_t>(n) + 127) << 23);
}

template <class T>
struct Sigmoid {
  T value, slope;  // the slope e / (1 + e)^2 is precise where 1 - value is not
};

template <class T>
INLINE Sigmoid<T> sigmoid(T x) {
  const T e = exp_negative(-std::abs(x)), large = 1 / (1 + e);
  return {x >= 0 ? large : e * large, e * large * large};
}

template <class T>
INLINE void gate_forward_body(const GateForward<T>& a, int64_t b, int64_t from, int64_t to) {
  for (int64_t t = from; t < to; ++t) {
    for (int64_t h = 0; h < a.n.H; ++h) {
      const T *in = a.in(b, h, t), *logit = a.logit(b, h, t);
      T *out = a.out(b, h, t), sum = 0;
      if (a.per_channel) {
#pragma omp simd reduction(+ : sum)
        for (int64_t c = 0; c < a.n.K; ++c) {
          const T g = sigmoid(logit[c]).value;
          out[c] = g * in[c];
          sum += g;
        }
        *a.gate(b, h, t) = sum / static_cast<T>(a.n.K);
      } else {
        const T g = sigmoid(*logit).value;
#pragma omp simd
        for (int64_t c = 0; c < a.n.K; ++c) out[c] = g * in[c];
        *a.gate(b, h, t) = g;
      }
    }
  }
}

template <class T>
INLINE void per_channel_backward(const GateBackward<T>& a, int64_t b, int64_t h, int64_t t) {
  const T *d_out = a.d_out(b, h, t), *in = a.in(b, h, t), *logit = a.logit(b, h, t);
  T *d_in = a.d_in(b, h, t), *d_logit = a.d_logit(b, h, t);
  const T d_gate = *a.d_gate(b, h, t) / static_cast<T>(a.n.K);
#pragma omp simd
  for (int64_t c = 0; c < a.n.K; ++c) {
    const Sigmoid<T> s = sigmoid(logit[c]);
    d_logit[c] = s.slope * (d_out[c] * in[c] + d_gate);
    d_in[c] = s.value * d_out[c];
  }
}

template <class T>
INLINE void per_head_backward(const GateBackward<T>& a, int64_t b, int64_t h, int64_t t) {
  const T *d_out = a.d_out(b, h, t), *in = a.in(b, h, t);
  T *d_in = a.d_in(b, h, t), sum = 0;
  const Sigmoid<T> s = sigmoid(*a.logit(b, h, t));
#pragma omp simd reduction(+ : sum)
  for (int64_t c = 0; c < a.n.K; ++c) {
    sum += d_out[c] * in[c];
    d_in[c] = s.value * d_out[c];
  }
  *a.d_logit(b, h, t) = s.slope * (sum + *a.d_gate(b, h, t));
}

template <class T>
INLINE void gate_backward_body(const GateBackward<T>& a, int64_t b, int64_t from, int64_t to) {
  for (int64_t t = from; t < to; ++t)
    for (int64_t h = 0; h < a.n.H; ++h)
      a.per_channel ? per_channel_backward(a, b, h, t) : per_head_backward(a, b, h, t);
}

}  // namespace

SINKMOE_CPU_DISPATCH void gate_forward(const GateForward<float>& a, int64_t b, int64_t from,
                                       int64_t to) {
  gate_forward_body(a, b, from, to);
}
SINKMOE_CPU_DISPATCH void gate_forward(const GateForward<double>& a, int64_t b, int64_t from,
                                       int64_t to) {
  gate_forward_body(a, b, from, to);
}
SINKMOE_CPU_DISPATCH void gate_backward(const GateBackward<float>& a, int64_t b, int64_t from,
                                        int64_t to) {
  gate_backward_body(a, b, from, to);
}
SINKMOE_CPU_DISPATCH void gate_backward(const GateBackward<double>& a, int64_t b, int64_t from,
                                        int64_t to) {
  gate_backward_body(a, b, from, to);
}

}  // namespace sinkmoe::attention::kernel
