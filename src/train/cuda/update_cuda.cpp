// The AdamW update of train/update/device_update.h as one kernel.
#include <ATen/ATen.h>

#include "tensor/cuda/stream.h"
#include "train/cuda/adamw.h"
#include "train/update/device_update.h"

namespace sinkmoe::train {
namespace {

static_assert(kRate == 0 && kBias1 == 1 && kBias2 == 2, "adamw.cu reads them at these places");
static_assert(kNorm == 2 && kOutcomes == 3, "adamw.cu reads them at these places");

bool usable(const DeviceUpdate& u) {
  const auto aligned = [](const at::Tensor& x) {
    return reinterpret_cast<uintptr_t>(x.data_ptr()) % 16 == 0 && x.is_contiguous();
  };
  return u.param_n.scalar_type() == at::kFloat && u.param_n.numel() % 4 == 0 &&
         u.decayed % 4 == 0 && aligned(u.param_n) && aligned(u.grad_n) && aligned(u.m_n) &&
         aligned(u.v_n) && (!u.half_n.defined() || aligned(u.half_n));
}

void update_by_kernel(const DeviceUpdate& u) {
  if (!usable(u)) return plain_update(u);
  cuda::call(cuda::adamw,
             {.n = u.param_n.numel(),
              .decayed = u.decayed,
              .grad = u.grad_n.const_data_ptr<float>(),
              .param = u.param_n.data_ptr<float>(),
              .m = u.m_n.data_ptr<float>(),
              .v = u.v_n.data_ptr<float>(),
              .half = u.half_n.defined() ? static_cast<uint16_t*>(u.half_n.data_ptr()) : nullptr,
              .controls = u.controls.const_data_ptr<double>(),
              .outcomes = u.outcomes.const_data_ptr<double>(),
              .beta1 = static_cast<float>(u.config.beta1),
              .beta2 = static_cast<float>(u.config.beta2),
              .eps = static_cast<float>(u.config.adam_eps),
              .decay = static_cast<float>(u.config.weight_decay),
              .clip = u.config.clip},
             u.param_n, "AdamW");
}

#ifndef SINKMOE_KERNELS_ON_CPU  // a test that includes this file calls update_by_kernel itself
const bool announced = (set_cuda_update(update_by_kernel), true);
#endif

}  // namespace
}  // namespace sinkmoe::train
