#include "train/kernels/adamw.h"

#include <cmath>

#include "tensor/cpu_dispatch.h"

namespace sinkmoe::train::kernel {

SINKMOE_CPU_DISPATCH void adamw(int64_t begin, int64_t end, const AdamW& o, const float* g,
                                float* p, float* m, float* v) {
  const float step = o.lr / o.bias1, root = 1.0f / std::sqrt(o.bias2),
              keep = 1.0f - o.lr * o.weight_decay;
#pragma omp simd
  for (int64_t i = begin; i < end; ++i) {
    const float d = g[i] * o.grad_scale;
    m[i] = o.beta1 * m[i] + (1.0f - o.beta1) * d;
    v[i] = o.beta2 * v[i] + (1.0f - o.beta2) * d * d;
    p[i] = p[i] * keep - step * m[i] / (std::sqrt(v[i]) * root + o.eps);
  }
}

SINKMOE_CPU_DISPATCH double sum_of_squares(int64_t begin, int64_t end, const float* x) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = begin; i < end; ++i)
    sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return sum;
}

}  // namespace sinkmoe::train::kernel
