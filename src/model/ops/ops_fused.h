// What the fused forms share.
#pragma once

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "model/ops/ops.h"
#include "model/ops/step_kernel.h"

namespace sinkmoe::model {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::Variable;
using torch::autograd::variable_list;

inline constexpr int64_t kRowGrain =
    256;  // rows a thread takes at once; fixed, so that sums do not depend on threads
inline constexpr int64_t kElementGrain = 1 << 14;

inline float* data(const at::Tensor& t) { return t.data_ptr<float>(); }

template <class F>
void over_rows(int64_t rows, F&& f) {
  at::parallel_for(0, rows, kRowGrain, [&](int64_t b, int64_t e) { f(step_kernel::Rows{b, e}); });
}

}  // namespace sinkmoe::model
