// The reference forms of the decoder's operations: ATen ops that autograd differentiates by itself,
// any type. Weights are cast to the type of the activations.
#pragma once

#include <ATen/ATen.h>

#include "model/ops/ops.h"

namespace sinkmoe::model::reference {

inline at::Tensor rms_norm(const at::Tensor& x_NC, const at::Tensor& w_C, double eps) {
  return x_NC * at::rsqrt(x_NC.square().mean(-1, true) + eps) * w_C.to(x_NC.scalar_type());
}

inline HeadsQKV project_heads(const at::Tensor& x_BTC, const at::Tensor& w_FC, int64_t H, int64_t J,
                              const RotaryTable& rotary) {
  const int64_t B = x_BTC.size(0), T = x_BTC.size(1), K = w_FC.size(0) / (H + 2 * J);
  const at::Tensor all =
      at::linear(x_BTC, w_FC.to(x_BTC.scalar_type())).view({B, T, H + 2 * J, K}).transpose(1, 2);
  HeadsQKV out{all.narrow(1, 0, H), all.narrow(1, H, J), all.narrow(1, H + J, J)};
  if (!rotary.cos_TK2.defined()) return out;
  const auto turned = [&](const at::Tensor& x) {
    const at::Tensor cosine = rotary.cos_TK2.to(x.scalar_type()),
                     sine = rotary.sin_TK2.to(x.scalar_type());
    const at::Tensor a = x.narrow(-1, 0, K / 2), b = x.narrow(-1, K / 2, K / 2);
    return at::cat({a * cosine - b * sine, b * cosine + a * sine}, -1);
  };
  return {turned(out.q_BHTK), turned(out.k_BJTK), out.v_BJTK};
}

inline at::Tensor feed_forward_up(const at::Tensor& x_BTC, const at::Tensor& w_FC,
                                  config::Mlp kind) {
  const at::Tensor h = at::linear(x_BTC, w_FC.to(x_BTC.scalar_type()));
  if (kind == config::Mlp::gelu) return at::gelu(h, "tanh");
  if (kind == config::Mlp::relu2) return at::relu(h).square();
  const int64_t F = h.size(-1) / 2;
  return at::silu(h.narrow(-1, 0, F)) * h.narrow(-1, F, F);
}

inline at::Tensor linear_cross_entropy(const at::Tensor& h_NC, const at::Tensor& w_VC,
                                       const at::Tensor& target_N) {
  return at::cross_entropy_loss(at::linear(h_NC, w_VC.to(h_NC.scalar_type())), target_N);
}

}  // namespace sinkmoe::model::reference
