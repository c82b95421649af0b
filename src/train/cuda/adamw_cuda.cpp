// AdamW of train/update/adamw.h as kernels. Tensors that it cannot read use the ATen form.
#include <ATen/ATen.h>

#include "tensor/cuda/stream.h"
#include "train/cuda/adamw.h"
#include "train/update/adamw.h"

namespace sinkmoe::train {
namespace {

static_assert(kRate == 0 && kBias1 == 1 && kBias2 == 2, "adamw.cu reads them at these places");
static_assert(kNorm == 2 && kStepResults == 3, "adamw.cu reads them at these places");

bool aligned(const at::Tensor& x) {
  return reinterpret_cast<uintptr_t>(x.data_ptr()) % 16 == 0 && x.is_contiguous();
}

bool usable(const AdamWUpdate& u) {
  return u.param_n.numel() % 4 == 0 && u.decayed % 4 == 0 && aligned(u.param_n) &&
         aligned(u.grad_n) && aligned(u.m_n) && aligned(u.v_n) &&
         (!u.bf16_n.defined() || aligned(u.bf16_n));
}

// The op of ATen would first copy the gradient to fp64.
at::Tensor norm(const at::Tensor& grad_n) {
  const int64_t n = grad_n.numel();
  if (n % 4 != 0 || !aligned(grad_n)) return tensor::plain_kernels<AdamW>().norm(grad_n);
  const at::TensorOptions sums = grad_n.options().dtype(at::kDouble);
  const at::Tensor partial = at::empty({cuda::norm_parts(n)}, sums), result = at::empty({}, sums);
  cuda::call(cuda::gradient_norm,
             {.n = n,
              .grad = grad_n.const_data_ptr<float>(),
              .partial = partial.data_ptr<double>(),
              .norm = result.data_ptr<double>()},
             grad_n, "gradient norm");
  return result;
}

void update(const AdamWUpdate& u) {
  if (!usable(u)) return tensor::plain_kernels<AdamW>().update(u);
  cuda::call(cuda::adamw,
             {.n = u.param_n.numel(),
              .decayed = u.decayed,
              .grad = u.grad_n.const_data_ptr<float>(),
              .param = u.param_n.data_ptr<float>(),
              .m = u.m_n.data_ptr<float>(),
              .v = u.v_n.data_ptr<float>(),
              .bf16 = u.bf16_n.defined() ? static_cast<uint16_t*>(u.bf16_n.data_ptr()) : nullptr,
              .inputs = u.inputs.const_data_ptr<double>(),
              .results = u.results.const_data_ptr<double>(),
              .beta1 = static_cast<float>(u.config.beta1),
              .beta2 = static_cast<float>(u.config.beta2),
              .eps = static_cast<float>(u.config.adam_eps),
              .decay = static_cast<float>(u.config.weight_decay),
              .clip = u.config.clip},
             u.param_n, "AdamW");
}

const tensor::Backend<AdamW> on_cuda{cuda::backend({at::kFloat}), {norm, update}};

}  // namespace
}  // namespace sinkmoe::train
