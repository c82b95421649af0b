// Rotary positions of CUDA tensors, by their kernel.
#include <ATen/ATen.h>

#include "model/cuda/rotate.h"
#include "model/ops/device_heads.h"
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

void rotate_by_kernel(const at::Tensor& y_NF, int64_t T, int64_t heads, int64_t K,
                      const RotaryTable& rotary, double sign) {
  (y_NF.scalar_type() == at::kFloat ? rotate_as<float> : rotate_as<cuda::Bf16>)(y_NF, T, heads, K,
                                                                                rotary, sign);
}

#ifndef SINKMOE_KERNELS_ON_CPU  // a test that includes this file calls rotate_by_kernel itself
const bool announced_rotation = (set_cuda_rotation(rotate_by_kernel), true);
#endif

}  // namespace
}  // namespace sinkmoe::model
