#include "inference/delta_net.h"

#include <ATen/ATen.h>

#include <cmath>

#include "inference/load_tensor.h"
#include "model/ops/ops.h"

namespace sinkmoe::inference {

namespace {

at::Tensor unit_length(const at::Tensor& x) {
  return x * at::rsqrt(x.square().sum(-1, true) + 1e-6);
}

// [B,T,H,..] -> [B H, T, ..]
at::Tensor by_head(const at::Tensor& x) { return x.transpose(1, 2).flatten(0, 1).contiguous(); }

}  // namespace

at::Tensor delta_rule(const at::Tensor& q_NTK, const at::Tensor& k_NTK, const at::Tensor& v_NTV,
                      const at::Tensor& decay_NT, const at::Tensor& beta_NT) {
  const int64_t N = q_NTK.size(0), T = q_NTK.size(1);
  at::Tensor state = at::zeros({N, q_NTK.size(2), v_NTV.size(2)}, q_NTK.options());
  const at::Tensor out = at::empty_like(v_NTV);
  for (int64_t t = 0; t < T; ++t) {
    const auto row = [&](const at::Tensor& x) { return x.narrow(1, t, 1); };
    const auto number = [&](const at::Tensor& x_NT) { return row(x_NT).unsqueeze(-1); };
    const at::Tensor k = row(k_NTK);
    state.mul_(number(decay_NT));
    const at::Tensor change = (row(v_NTV) - at::bmm(k, state)) * number(beta_NT);
    state.baddbmm_(k.transpose(1, 2), change);
    row(out).copy_(at::bmm(row(q_NTK), state));
  }
  return out;
}

LoadedDeltaNet::LoadedDeltaNet(const pretrained::Model& model, const pretrained::DeltaNet& plan)
    : plan_(plan),
      norm_eps_(model.architecture.norm_eps),
      in_(load_weight(model, plan.in.weight)),
      rates_(load_weight(model, plan.rates.weight)),
      convolution_DN_(load_tensor(model.weights, plan.convolution).squeeze(1)),
      decay_H_(load_tensor(model.weights, plan.log_decay).exp()),
      step_bias_H_(load_tensor(model.weights, plan.step_bias)),
      norm_(load_tensor(model.weights, plan.norm)),
      out_(load_weight(model, plan.out.weight)) {}

at::Tensor LoadedDeltaNet::convolve(const at::Tensor& x_BTD) const {
  const int64_t T = x_BTD.size(1), kernel = plan_.kernel;
  const at::Tensor padded = at::constant_pad_nd(x_BTD, {0, 0, kernel - 1, 0});
  at::Tensor sum = at::zeros_like(x_BTD);
  for (int64_t j = 0; j < kernel; ++j)
    sum.addcmul_(padded.narrow(1, j, T), convolution_DN_.select(1, j));
  return at::silu_(sum);
}

at::Tensor LoadedDeltaNet::forward(const at::Tensor& x_BTC) const {
  const int64_t B = x_BTC.size(0), T = x_BTC.size(1), G = plan_.key_heads, H = plan_.value_heads,
                K = plan_.key_width, V = plan_.value_width, each = H / G;
  const at::Tensor parts = at::linear(x_BTC, in_).view({B, T, G, -1}),
                   rates = at::linear(x_BTC, rates_).view({B, T, G, 2 * each});
  const at::Tensor z_BTHV = parts.narrow(3, 2 * K + each * V, each * V).reshape({B, T, H, V});
  const at::Tensor joined =
      convolve(at::cat({parts.narrow(3, 0, K).flatten(2), parts.narrow(3, K, K).flatten(2),
                        parts.narrow(3, 2 * K, each * V).flatten(2)},
                       -1));
  const auto heads = [&](int64_t from) {
    const at::Tensor x = unit_length(joined.narrow(2, from, G * K).view({B, T, G, K}));
    return by_head(x.repeat_interleave(each, 2));
  };
  const at::Tensor q = heads(0) / std::sqrt(static_cast<double>(K)), k = heads(G * K),
                   v = by_head(joined.narrow(2, 2 * G * K, H * V).view({B, T, H, V}));
  const at::Tensor beta_BTH = at::sigmoid(rates.narrow(3, 0, each)).reshape({B, T, H});
  const at::Tensor step_BTH =
      at::softplus(rates.narrow(3, each, each).reshape({B, T, H}) + step_bias_H_);
  const at::Tensor out_NTV =
      delta_rule(q, k, v, by_head((-decay_H_ * step_BTH).exp()), by_head(beta_BTH));
  const at::Tensor out_BTHV = out_NTV.view({B, H, T, V}).transpose(1, 2);
  const at::Tensor normed =
      model::rms_norm(out_BTHV.contiguous(), norm_, norm_eps_) * at::silu(z_BTHV);
  return at::linear(normed.flatten(2), out_);
}

}  // namespace sinkmoe::inference
