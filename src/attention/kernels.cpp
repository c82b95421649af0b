#include "attention/kernels.h"

#include <ATen/ATen.h>
#include <torch/headeronly/version.h>

#include <stdexcept>
#include <string>

#if TORCH_VERSION_MAJOR != 2 || TORCH_VERSION_MINOR != 11
#error \
    "kernels.cpp calls private ops of LibTorch 2.11; check their signatures before building against another version"
#endif

namespace sinkmoe::kernels {

Forward forward(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale) {
  if (!q.is_cpu())
    throw std::invalid_argument("softmax_attention: unsupported device " + q.device().str());
  auto [out, lse] = at::_scaled_dot_product_flash_attention_for_cpu(q, k, v, 0.0, true, {}, scale);
  return {.out_BHTK = std::move(out), .lse_BHT = std::move(lse), .rng_seed = {}, .rng_offset = {}};
}

Gradients backward(const at::Tensor& d_out, const at::Tensor& q, const at::Tensor& k,
                   const at::Tensor& v, const Forward& fwd, double scale) {
  auto [dq, dk, dv] = at::_scaled_dot_product_flash_attention_for_cpu_backward(
      d_out, q, k, v, fwd.out_BHTK, fwd.lse_BHT, 0.0, true, {}, scale);
  return {.q_BHTK = std::move(dq), .k_BJTK = std::move(dk), .v_BJTK = std::move(dv)};
}

at::Tensor plain(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale) {
  return forward(q, k, v, scale).out_BHTK;
}

at::Tensor with_unit_stride(const at::Tensor& x) {
  if (x.stride(-1) == 1 || x.size(-1) == 1) return x;
  return x.transpose(1, 2).contiguous().transpose(1, 2);
}

}  // namespace sinkmoe::kernels
