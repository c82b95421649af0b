// Rotary positions of CUDA tensors, by their kernel.
#include <ATen/ATen.h>

#include "model/cuda/rotate.h"
#include "model/ops/rotary.h"
#include "tensor/cuda/stream.h"

namespace sinkmoe::model {
namespace {

template <class E>
void rotate_as(const at::Tensor& y_NF, int64_t T, int64_t heads, int64_t K,
               const RotaryTable& rotary, double sign) {
  cuda::call(cuda::rotate<E>,
             {.rows = y_NF.size(0),
              .T = T,
              .heads = heads,
              .K = K,
              .stride = y_NF.stride(0),
              .cosine = rotary.cos_TK2.const_data_ptr<float>(),
              .sine = rotary.sin_TK2.const_data_ptr<float>(),
              .sign = static_cast<float>(sign),
              .x = static_cast<E*>(y_NF.data_ptr())},
             y_NF, "rotary positions");
}

void rotate(const at::Tensor& y_NF, int64_t T, int64_t heads, int64_t K, const RotaryTable& rotary,
            double sign) {
  if (!rotary.cos_TK2.is_contiguous() || !rotary.sin_TK2.is_contiguous())
    return tensor::plain_kernels<Rotary>().rotate(y_NF, T, heads, K, rotary, sign);
  const bool single = y_NF.scalar_type() == at::kFloat;
  (single ? rotate_as<float> : rotate_as<cuda::Bf16>)(y_NF, T, heads, K, rotary, sign);
}

const tensor::Backend<Rotary> on_cuda{cuda::backend({at::kFloat, at::kBFloat16}), {rotate}};

}  // namespace
}  // namespace sinkmoe::model
