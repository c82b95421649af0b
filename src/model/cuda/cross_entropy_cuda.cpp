// Cross-entropy of rows of logits, by one kernel. Tensors that it cannot read use the ATen form.
#include <ATen/ATen.h>

#include "model/cuda/cross_entropy.h"
#include "model/ops/cross_entropy.h"
#include "tensor/cuda/stream.h"

namespace sinkmoe::model {
namespace {

template <class E>
void rows_as(const at::Tensor& logits_NV, const at::Tensor& target_N, double scale,
             const at::Tensor& loss_N) {
  cuda::call(cuda::cross_entropy<E>,
             {.rows = logits_NV.size(0),
              .V = logits_NV.size(1),
              .stride = logits_NV.stride(0),
              .scale = static_cast<float>(scale),
              .logits = static_cast<E*>(logits_NV.data_ptr()),
              .target = target_N.const_data_ptr<int64_t>(),
              .loss = loss_N.data_ptr<float>()},
             logits_NV, "cross-entropy");
}

void rows(const at::Tensor& logits_NV, const at::Tensor& target_N, double scale,
          const at::Tensor& loss_N) {
  if (logits_NV.stride(1) != 1 || logits_NV.size(1) > INT32_MAX || !target_N.is_contiguous() ||
      !loss_N.is_contiguous())
    return tensor::plain_kernels<CrossEntropy>().rows(logits_NV, target_N, scale, loss_N);
  const bool single = logits_NV.scalar_type() == at::kFloat;
  (single ? rows_as<float> : rows_as<cuda::Bf16>)(logits_NV, target_N, scale, loss_N);
}

const tensor::Backend<CrossEntropy> on_cuda{cuda::backend({at::kFloat, at::kBFloat16}),
                                            {rows, /*columns=*/64}};

}  // namespace
}  // namespace sinkmoe::model
