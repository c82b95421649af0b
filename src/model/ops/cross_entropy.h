// The operation "cross-entropy", on rows of logits.
#pragma once

#include <ATen/core/Tensor.h>

#include "tensor/backends.h"

namespace sinkmoe::model {

struct CrossEntropy {
  static constexpr const char* name = "cross-entropy";
  struct Kernels {
    // loss_N = -log softmax[target], fp32 (fp64 for fp64 logits). The logits become
    // scale * (softmax - onehot), the gradient of scale * sum(loss); with scale 0 they are
    // unspecified. Target int64 in [0, V). All contiguous, but rows of logits may lie further apart
    // than V, up to the next multiple of `columns`; numbers in between are zeros before and after.
    void (*rows)(const at::Tensor& logits_NV, const at::Tensor& target_N, double scale,
                 const at::Tensor& loss_N);
    // The product that makes the logits is fastest with a multiple of this many columns.
    int64_t columns = 1;
  };
};

}  // namespace sinkmoe::model
