#include "model/kernels/step.h"

#include <cmath>

#include "tensor/cpu_dispatch.h"
#include "tensor/exp_polynomial.h"

#define SINKMOE_INLINE inline __attribute__((always_inline))

namespace sinkmoe::model::kernel {

namespace {

// std::max would be a call to a function of another target, which prevents vectorisation.
SINKMOE_INLINE float larger(float a, float b) { return a < b ? b : a; }

// e^x with a relative error below 2e-7: 2^n times a polynomial on [-ln2/2, ln2/2]. Plain
// arithmetic, so it vectorises.
SINKMOE_INLINE float exp_f(float x) {
  using namespace tensor;
  x = larger(x, -87.0f);
  x = x > 88.0f ? 88.0f : x;                               // keeps NaN
  const float n = (x * kLog2E + kToNearest) - kToNearest;  // round to nearest
  const float r = (x - n * kLn2High) - n * kLn2Low;
  float p = kExp[0];
  p = p * r + kExp[1];
  p = p * r + kExp[2];
  p = p * r + kExp[3];
  p = p * r + kExp[4];
  p = p * r + kExp[5];
  p = p * r * r + r + 1.0f;
  return p * __builtin_bit_cast(float, (static_cast<int32_t>(n) + 127) << 23);
}

constexpr float kGelu = 0.7978845608f, kCubic = 0.044715f;

// 0.5 (1 + tanh(u)) = 1 / (1 + exp(-2u)), with u the argument of the tanh form: one division
// instead of two.
SINKMOE_INLINE float gelu_gate(float x) {
  return 1.0f / (1.0f + exp_f(-2.0f * kGelu * (x + kCubic * x * x * x)));
}

}  // namespace

SINKMOE_CPU_DISPATCH void rms_norm(Rows rows, int64_t C, const float* x_NC, const float* w_C,
                                   float eps, float* y_NC, float* inverse_N) {
  for (int64_t n = rows.begin; n < rows.end; ++n) {
    const float* x = x_NC + n * C;
    float* y = y_NC + n * C;
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t c = 0; c < C; ++c) sum += x[c] * x[c];
    const float inverse = 1.0f / std::sqrt(sum / static_cast<float>(C) + eps);
    inverse_N[n] = inverse;
#pragma omp simd
    for (int64_t c = 0; c < C; ++c) y[c] = x[c] * inverse * w_C[c];
  }
}

SINKMOE_CPU_DISPATCH void rms_norm_backward(Rows rows, int64_t C, const float* dy_NC,
                                            const float* x_NC, const float* w_C,
                                            const float* inverse_N, const float* residual_NC,
                                            float* dx_NC, float* dw_C) {
  for (int64_t n = rows.begin; n < rows.end; ++n) {
    const float* x = x_NC + n * C;
    const float* dy = dy_NC + n * C;
    float* dx = dx_NC + n * C;
    const float inverse = inverse_N[n];
    float dot = 0;
#pragma omp simd reduction(+ : dot)
    for (int64_t c = 0; c < C; ++c) dot += dy[c] * w_C[c] * x[c];
    const float pull = dot * inverse * inverse * inverse / static_cast<float>(C);
    if (residual_NC) {
      const float* residual = residual_NC + n * C;
#pragma omp simd
      for (int64_t c = 0; c < C; ++c) dx[c] = residual[c] + dy[c] * w_C[c] * inverse - x[c] * pull;
    } else {
#pragma omp simd
      for (int64_t c = 0; c < C; ++c) dx[c] = dy[c] * w_C[c] * inverse - x[c] * pull;
    }
#pragma omp simd
    for (int64_t c = 0; c < C; ++c) dw_C[c] += dy[c] * x[c] * inverse;
  }
}

SINKMOE_CPU_DISPATCH void rotate(Rows rows, int64_t T, int64_t heads, int64_t K, int64_t stride,
                                 const float* cos_TK2, const float* sin_TK2, float sign, float* x) {
  const int64_t half = K / 2;
  for (int64_t n = rows.begin; n < rows.end; ++n) {
    const float* cosine = cos_TK2 + (n % T) * half;
    const float* sine = sin_TK2 + (n % T) * half;
    for (int64_t h = 0; h < heads; ++h) {
      float* a = x + n * stride + h * K;
      float* b = a + half;
#pragma omp simd
      for (int64_t i = 0; i < half; ++i) {
        const float u = a[i], v = b[i], s = sign * sine[i];
        a[i] = u * cosine[i] - v * s;
        b[i] = v * cosine[i] + u * s;
      }
    }
  }
}

SINKMOE_CPU_DISPATCH void gelu(int64_t begin, int64_t end, float* h_slope, float* a) {
#pragma omp simd
  for (int64_t i = begin; i < end; ++i) {
    const float x = h_slope[i], gate = gelu_gate(x);
    const float slope = 2.0f * kGelu * (1.0f + 3.0f * kCubic * x * x);
    a[i] = x * gate;
    h_slope[i] = gate + x * slope * gate * (1.0f - gate);
  }
}

SINKMOE_CPU_DISPATCH void gelu_backward(int64_t begin, int64_t end, const float* slope,
                                        float* da_dh) {
#pragma omp simd
  for (int64_t i = begin; i < end; ++i) da_dh[i] *= slope[i];
}

SINKMOE_CPU_DISPATCH void relu2(int64_t begin, int64_t end, const float* h, float* a) {
#pragma omp simd
  for (int64_t i = begin; i < end; ++i) {
    const float x = larger(h[i], 0.0f);
    a[i] = x * x;
  }
}

SINKMOE_CPU_DISPATCH void relu2_backward(int64_t begin, int64_t end, const float* h, float* da_dh) {
#pragma omp simd
  for (int64_t i = begin; i < end; ++i) da_dh[i] *= 2.0f * larger(h[i], 0.0f);
}

SINKMOE_CPU_DISPATCH void swiglu(Rows rows, int64_t F, const float* h, float* a) {
  for (int64_t n = rows.begin; n < rows.end; ++n) {
    const float *gate = h + n * 2 * F, *up = gate + F;
    float* out = a + n * F;
#pragma omp simd
    for (int64_t i = 0; i < F; ++i) out[i] = gate[i] / (1.0f + exp_f(-gate[i])) * up[i];
  }
}

SINKMOE_CPU_DISPATCH void swiglu_backward(Rows rows, int64_t F, const float* h, const float* da,
                                          float* dh) {
  for (int64_t n = rows.begin; n < rows.end; ++n) {
    const float *gate = h + n * 2 * F, *up = gate + F, *d = da + n * F;
    float *dgate = dh + n * 2 * F, *dup = dgate + F;
#pragma omp simd
    for (int64_t i = 0; i < F; ++i) {
      const float s = 1.0f / (1.0f + exp_f(-gate[i]));
      dup[i] = d[i] * gate[i] * s;
      dgate[i] = d[i] * up[i] * s * (1.0f + gate[i] * (1.0f - s));
    }
  }
}

SINKMOE_CPU_DISPATCH void cross_entropy(Rows rows, int64_t V, float* logits_NV,
                                        const int64_t* target_N, float scale, float* loss_N) {
  for (int64_t n = rows.begin; n < rows.end; ++n) {
    float* z = logits_NV + n * V;
    float top = z[0];
#pragma omp simd reduction(max : top)
    for (int64_t v = 0; v < V; ++v) top = larger(top, z[v]);
    const float target = z[target_N[n]];
    float sum = 0;
    if (scale == 0) {
#pragma omp simd reduction(+ : sum)
      for (int64_t v = 0; v < V; ++v) sum += exp_f(z[v] - top);
    } else {
#pragma omp simd reduction(+ : sum)
      for (int64_t v = 0; v < V; ++v) {
        z[v] = exp_f(z[v] - top);
        sum += z[v];
      }
      const float factor = scale / sum;
#pragma omp simd
      for (int64_t v = 0; v < V; ++v) z[v] *= factor;
      z[target_N[n]] -= scale;
    }
    loss_N[n] = std::log(sum) - (target - top);
  }
}

}  // namespace sinkmoe::model::kernel
