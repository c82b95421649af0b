// RMSNorm of CUDA tensors, by its kernels. Tensors that they cannot read use the ATen form.
#include <ATen/ATen.h>

#include "model/cuda/norm.h"
#include "model/ops/rms_norm.h"
#include "tensor/cuda/stream.h"

namespace sinkmoe::model {
namespace {

using cuda::Bf16;

template <class E>
E* pointer(const at::Tensor& x) {
  return x.defined() ? static_cast<E*>(x.data_ptr()) : nullptr;
}

bool aligned(const at::Tensor& x) { return reinterpret_cast<uintptr_t>(x.data_ptr()) % 16 == 0; }

bool fits(const at::Tensor& x, const at::Tensor& w) {
  return w.scalar_type() == at::kFloat && x.size(-1) % 8 == 0 &&
         x.size(-1) <= cuda::kMostNormChannels && x.numel() > 0 && x.is_contiguous() &&
         w.is_contiguous() && aligned(x) && aligned(w);
}

template <class E>
void forward_as(const at::Tensor& x, const at::Tensor& w, double eps, const at::Tensor& y,
                const at::Tensor& inverse) {
  cuda::call(cuda::norm<E>,
             {.rows = inverse.numel(),
              .C = x.size(-1),
              .eps = static_cast<float>(eps),
              .x = pointer<const E>(x),
              .w = pointer<const float>(w),
              .y = pointer<E>(y),
              .inverse = pointer<float>(inverse)},
             x, "RMSNorm");
}

std::pair<at::Tensor, at::Tensor> forward(const at::Tensor& x, const at::Tensor& w, double eps) {
  if (!fits(x, w)) return tensor::plain_kernels<RmsNorm>().forward(x, w, eps);
  const at::Tensor y = at::empty_like(x);
  const at::Tensor inverse = at::empty({x.numel() / x.size(-1)}, x.options().dtype(at::kFloat));
  (x.scalar_type() == at::kFloat ? forward_as<float> : forward_as<Bf16>)(x, w, eps, y, inverse);
  return {y, inverse};
}

template <class E>
void backward_as(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& w,
                 const at::Tensor& inverse, const at::Tensor& residual, const at::Tensor& dx,
                 const at::Tensor& dw) {
  cuda::call(cuda::norm_backward<E>,
             {.rows = inverse.numel(),
              .C = x.size(-1),
              .dy = pointer<const E>(dy),
              .x = pointer<const E>(x),
              .residual = pointer<const E>(residual),
              .w = pointer<const float>(w),
              .inverse = pointer<const float>(inverse),
              .dx = pointer<E>(dx),
              .dw = pointer<float>(dw)},
             x, "RMSNorm backward");
}

std::pair<at::Tensor, at::Tensor> backward(const at::Tensor& dy, const at::Tensor& x,
                                           const at::Tensor& w, const at::Tensor& inverse,
                                           const at::Tensor& residual) {
  if (!fits(x, w)) return tensor::plain_kernels<RmsNorm>().backward(dy, x, w, inverse, residual);
  // A gradient may be a slice of a larger tensor, whose rows are not aligned.
  const auto usable = [](const at::Tensor& g) { return aligned(g) ? g : g.clone(); };
  const at::Tensor dx = at::empty_like(x);
  const at::Tensor dw =
      at::empty({cuda::norm_blocks(inverse.numel(), x.size(-1)), x.size(-1)}, w.options());
  (x.scalar_type() == at::kFloat
       ? backward_as<float>
       : backward_as<Bf16>)(usable(dy), x, w, inverse,
                            residual.defined() ? usable(residual) : residual, dx, dw);
  return {dx, dw.sum(0)};
}

const tensor::Backend<RmsNorm> on_cuda{cuda::backend({at::kFloat, at::kBFloat16}),
                                       {forward, backward}};

}  // namespace
}  // namespace sinkmoe::model
