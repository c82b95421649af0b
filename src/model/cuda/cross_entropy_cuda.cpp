// The rows of linear_cross_entropy by one kernel.
#include <ATen/ATen.h>

#include "model/cuda/cross_entropy.h"
#include "model/ops/chunked_loss.h"
#include "tensor/cuda/stream.h"

namespace sinkmoe::model {
namespace {

template <class E>
void rows_as(const at::Tensor& logits, const at::Tensor& target, double scale,
             const at::Tensor& loss) {
  cuda::call(cuda::cross_entropy<E>,
             {.rows = logits.size(0),
              .V = logits.size(1),
              .scale = static_cast<float>(scale),
              .logits = static_cast<E*>(logits.data_ptr()),
              .target = target.const_data_ptr<int64_t>(),
              .loss = loss.data_ptr<float>()},
             logits, "cross-entropy");
}

void rows_by_kernel(const at::Tensor& logits, const at::Tensor& target, double scale,
                    const at::Tensor& loss) {
  const at::ScalarType type = logits.scalar_type();
  const bool readable = (type == at::kFloat || type == at::kBFloat16) && logits.is_contiguous() &&
                        target.is_contiguous() && loss.is_contiguous() &&
                        loss.scalar_type() == at::kFloat;
  if (!readable) return plain_loss_rows(logits, target, scale, loss);
  (type == at::kFloat ? rows_as<float> : rows_as<cuda::Bf16>)(logits, target, scale, loss);
}

#ifndef SINKMOE_KERNELS_ON_CPU  // a test that includes this file calls rows_by_kernel itself
const bool announced = (set_cuda_loss_rows(rows_by_kernel), true);
#endif

}  // namespace
}  // namespace sinkmoe::model
