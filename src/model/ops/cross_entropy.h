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
    // unspecified. All contiguous; target int64 in [0, V).
    void (*rows)(const at::Tensor& logits_NV, const at::Tensor& target_N, double scale,
                 const at::Tensor& loss_N);
  };
};

}  // namespace sinkmoe::model
