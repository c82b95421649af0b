// AdamW as fp32 loops over ranges of elements. Includes no LibTorch.
#pragma once

#include <cstdint>

namespace sinkmoe::train::kernel {

// One AdamW update of elements [begin, end). `g` is multiplied by grad_scale first. bias1, bias2: 1
// - beta^t.
struct AdamW {
  float lr, beta1, beta2, eps, weight_decay, grad_scale, bias1, bias2;
};
void adamw(int64_t begin, int64_t end, const AdamW& options, const float* g, float* p, float* m,
           float* v);

// Sum of squares, accumulated in double.
double sum_of_squares(int64_t begin, int64_t end, const float* x);

}  // namespace sinkmoe::train::kernel
