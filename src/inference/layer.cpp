#include "inference/layer.h"

#include <ATen/ATen.h>

#include "attention/gate_multiply.h"
#include "attention/softmax_attention.h"
#include "inference/load_tensor.h"
#include "inference/windowed_attention.h"

namespace sinkmoe::inference {

using pretrained::Activation;
using pretrained::Architecture;
using pretrained::Model;
using pretrained::NormKind;

namespace {

LoadedLinear load_linear(const Model& model, const pretrained::Linear& linear) {
  return {load_weight(model, linear.weight), load_tensor(model.weights, linear.bias)};
}

at::Tensor apply(const LoadedLinear& l, const at::Tensor& x) {
  return l.bias.defined() ? at::linear(x, l.weight, l.bias) : at::linear(x, l.weight);
}

void activate(Activation activation, at::Tensor& x) {
  switch (activation) {
    case Activation::silu:
      at::silu_(x);
      break;
    case Activation::gelu:
      at::gelu_(x, "none");
      break;
    case Activation::gelu_tanh:
      at::gelu_(x, "tanh");
      break;
    case Activation::relu:
      at::relu_(x);
      break;
    case Activation::relu2:
      at::relu_(x).square_();
      break;
  }
}

// Channels without an angle in the table are not rotated.
at::Tensor rotate(const at::Tensor& x_BHTK, const model::RotaryTable& rotary) {
  const int64_t K = x_BHTK.size(-1), turned = 2 * rotary.cos_TK2.size(1);
  if (turned == K) return model::rotate_heads(x_BHTK, rotary);
  return at::cat({model::rotate_heads(x_BHTK.narrow(-1, 0, turned), rotary),
                  x_BHTK.narrow(-1, turned, K - turned)},
                 -1);
}

}  // namespace

LoadedNorm load_norm(const Model& model, const pretrained::Norm& norm) {
  LoadedNorm out{load_tensor(model.weights, norm.weight), load_tensor(model.weights, norm.bias)};
  if (out.exists() && model.architecture.norm == NormKind::rms_plus_one) out.weight.add_(1);
  return out;
}

at::Tensor apply_norm(const Architecture& a, const LoadedNorm& norm, const at::Tensor& x) {
  if (a.norm != NormKind::layer) return model::rms_norm(x, norm.weight, a.norm_eps);
  return at::layer_norm(x, {x.size(-1)}, norm.weight, norm.bias, a.norm_eps);
}

LoadedLayer::LoadedLayer(const Model& model, int64_t index)
    : architecture_(model.architecture),
      plan_(model.architecture.layers.at(static_cast<size_t>(index))),
      attention_norm_(load_norm(model, plan_.attention_norm)),
      attention_after_(load_norm(model, plan_.attention_after)),
      feed_norm_(load_norm(model, plan_.feed_norm)),
      feed_after_(load_norm(model, plan_.feed_after)),
      query_norm_(load_norm(model, plan_.query_norm)),
      key_norm_(load_norm(model, plan_.key_norm)),
      query_(load_linear(model, plan_.query)),
      key_(load_linear(model, plan_.key)),
      value_(load_linear(model, plan_.value)),
      out_(load_linear(model, plan_.out)),
      gate_(load_linear(model, plan_.gate)),
      up_(load_linear(model, plan_.up)),
      down_(load_linear(model, plan_.down)),
      head_gate_(load_linear(model, plan_.head_gate)),
      sinks_H_(load_tensor(model.weights, plan_.sinks)) {
  if (plan_.experts.count > 0) experts_.emplace(model, plan_.experts);
  if (plan_.delta.exists()) delta_.emplace(model, plan_.delta);
}

attention::HeadIn LoadedLayer::project(const at::Tensor& x_BTC,
                                       const model::RotaryTable& rotary) const {
  const Architecture& a = architecture_;
  const int64_t B = x_BTC.size(0), T = x_BTC.size(1), K = a.head_width;
  const auto heads = [&](const LoadedLinear& linear, const LoadedNorm& norm, int64_t count) {
    at::Tensor y = apply(linear, x_BTC);
    if (norm.exists() && a.norm_all_heads) y = apply_norm(a, norm, y);
    y = y.view({B, T, count, K});
    if (norm.exists() && !a.norm_all_heads) y = apply_norm(a, norm, y);
    return y.transpose(1, 2);
  };
  attention::HeadIn in{.x_BTC = x_BTC,
                       .q_BHTK = heads(query_, query_norm_, a.heads),
                       .k_BJTK = heads(key_, key_norm_, a.kv_heads),
                       .v_BJTK = heads(value_, {}, a.kv_heads),
                       .scale = a.score_scale};
  if (!rotary.cos_TK2.defined()) return in;
  in.q_BHTK = rotate(in.q_BHTK, rotary);
  in.k_BJTK = rotate(in.k_BJTK, rotary);
  return in;
}

attention::HeadOut LoadedLayer::mix(const attention::HeadIn& in) const {
  if (plan_.window > 0 && plan_.window < in.q_BHTK.size(2))
    return windowed_attention(in, plan_.window, sinks_H_);
  if (sinks_H_.defined()) {
    const attention::AttentionOut mixed = attention::softmax_attention(
        in.q_BHTK, in.k_BJTK, in.v_BJTK, in.scale, attention::SinkMode::logit, sinks_H_);
    return {mixed.out_BHTK, mixed.gate_BHT, mixed.gate_BHT};
  }
  const attention::AttentionOut mixed = attention::softmax_attention(
      in.q_BHTK, in.k_BJTK, in.v_BJTK, in.scale, attention::SinkMode::first_key);
  return {.out_BHTK = mixed.out_BHTK,
          .gate_BHT = mixed.gate_BHT,
          .key_mass = attention::KeyMass::all(),
          .first_weight_BHT = 1 - mixed.gate_BHT};
}

at::Tensor LoadedLayer::attend(const at::Tensor& x_BTC, const model::RotaryTable& rotary,
                               Mixed& mixed) const {
  if (delta_) return delta_->forward(x_BTC);
  mixed.in = project(x_BTC, rotary);
  mixed.out = mix(mixed.in);
  if (head_gate_.weight.defined()) {
    at::Tensor logit = apply(head_gate_, x_BTC);
    if (logit.size(-1) != architecture_.heads)
      logit = logit.unflatten(-1, {architecture_.heads, architecture_.head_width});
    const attention::AttentionOut gated = attention::gate_multiply(mixed.out.out_BHTK, logit);
    mixed.out.out_BHTK = gated.out_BHTK;
    mixed.out.gate_BHT = gated.gate_BHT;
  }
  const at::Tensor joined =
      mixed.out.out_BHTK.transpose(1, 2).reshape({x_BTC.size(0), x_BTC.size(1), -1});
  return apply(out_, joined);
}

at::Tensor LoadedLayer::feed(const at::Tensor& x_BTC) const {
  if (experts_) return experts_->forward(x_BTC);
  at::Tensor hidden = apply(gate_.weight.defined() ? gate_ : up_, x_BTC);
  activate(architecture_.activation, hidden);
  if (gate_.weight.defined()) hidden.mul_(apply(up_, x_BTC));
  return apply(down_, hidden);
}

at::Tensor LoadedLayer::forward(const at::Tensor& x_BTC, const model::RotaryTable& rotary,
                                Mixed& mixed) const {
  const auto normed = [&](const LoadedNorm& norm, const at::Tensor& x) {
    return norm.exists() ? apply_norm(architecture_, norm, x) : x;
  };
  const at::Tensor attention =
      normed(attention_after_, attend(normed(attention_norm_, x_BTC), rotary, mixed));
  const at::Tensor middle = x_BTC + attention;
  const at::Tensor& read = architecture_.parallel ? x_BTC : middle;
  return middle + normed(feed_after_, feed(normed(feed_norm_, read)));
}

}  // namespace sinkmoe::inference
