// Splits work on the rows of a tensor over threads, at borders that do not depend on their number.
#pragma once

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>

#include "model/kernels/step.h"

namespace sinkmoe::model {

inline constexpr int64_t kRowGrain = 256;  // rows per block of work
inline constexpr int64_t kElementGrain = 1 << 14;

inline float* data(const at::Tensor& x) { return x.data_ptr<float>(); }

template <class F>
void over_rows(int64_t rows, F&& f) {
  at::parallel_for(0, rows, kRowGrain, [&](int64_t b, int64_t e) { f(kernel::Rows{b, e}); });
}

}  // namespace sinkmoe::model
