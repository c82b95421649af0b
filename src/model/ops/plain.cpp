// The plain forms: ATen ops under autograd, any device and dtype. Weights are cast to the
// activations' dtype, so bf16 activations meet fp32 master weights here.
#include <ATen/ATen.h>

#include <stdexcept>

#include "model/ops/ops.h"
#include "tensor/params.h"

namespace sinkmoe::model {

RotaryTable rotary_table(int64_t T, int64_t K, double base, at::Device device) {
  const auto options = at::TensorOptions().dtype(at::kDouble);
  const at::Tensor pair = at::arange(0, K, 2, options) / static_cast<double>(K);
  const at::Tensor angle = at::outer(at::arange(T, options), at::pow(base, -pair));
  return {angle.cos().to(at::kFloat).to(device), angle.sin().to(at::kFloat).to(device)};
}

namespace plain {

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& w_C, double eps) {
  const auto wide = x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  const at::Tensor y = x.to(wide);
  return (y * at::rsqrt(y.square().mean(-1, true) + eps) * w_C.to(wide)).to(x.scalar_type());
}

at::Tensor rotate_heads(const at::Tensor& x_BHTK, const RotaryTable& rotary) {
  const int64_t half = x_BHTK.size(-1) / 2;
  const at::Tensor cosine = rotary.cos_TK2.to(x_BHTK.scalar_type()),
                   sine = rotary.sin_TK2.to(x_BHTK.scalar_type());
  const at::Tensor a = x_BHTK.narrow(-1, 0, half), b = x_BHTK.narrow(-1, half, half);
  return at::cat({a * cosine - b * sine, b * cosine + a * sine}, -1);
}

HeadsQKV project_heads(const at::Tensor& x_BTC, const at::Tensor& w, int64_t H, int64_t J,
                       const RotaryTable& rotary) {
  const int64_t B = x_BTC.size(0), T = x_BTC.size(1), K = w.size(0) / (H + 2 * J);
  const at::Tensor all = at::linear(x_BTC, tensor::weight_as(w, x_BTC.scalar_type()))
                             .view({B, T, H + 2 * J, K})
                             .transpose(1, 2);
  HeadsQKV out{all.narrow(1, 0, H), all.narrow(1, H, J), all.narrow(1, H + J, J)};
  if (rotary.cos_TK2.defined()) {
    out.q_BHTK = plain::rotate_heads(out.q_BHTK, rotary);
    out.k_BJTK = plain::rotate_heads(out.k_BJTK, rotary);
  }
  return out;
}

at::Tensor feed_forward_up(const at::Tensor& x_BTC, const at::Tensor& w_up,
                           const std::string& kind) {
  const at::Tensor h = at::linear(x_BTC, tensor::weight_as(w_up, x_BTC.scalar_type()));
  if (kind == "gelu") return at::gelu(h, "tanh");
  if (kind == "relu2") return at::relu(h).square();
  const int64_t F = h.size(-1) / 2;
  if (kind == "swiglu") return at::silu(h.narrow(-1, 0, F)) * h.narrow(-1, F, F);
  throw std::invalid_argument("[feed_forward_up] unknown kind " + kind);
}

at::Tensor linear_cross_entropy(const at::Tensor& h_NC, const at::Tensor& w_VC,
                                const at::Tensor& target_N) {
  const at::Tensor logits = at::linear(h_NC, tensor::weight_as(w_VC, h_NC.scalar_type()));
  const bool wide = logits.scalar_type() == at::kDouble;
  return at::cross_entropy_loss(wide ? logits : logits.to(at::kFloat), target_N);
}

}  // namespace plain

}  // namespace sinkmoe::model
