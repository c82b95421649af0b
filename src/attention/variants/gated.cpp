// Gated attention: the head's output times sigmoid(x W), one gate a head or one a channel (E3, E8).
#include <ATen/ATen.h>

#include "attention/gate_multiply.h"
#include "attention/mixer.h"
#include "core/registry.h"

namespace sinkmoe {
namespace {

struct Gated : HeadMixer {
  Gated(const at::Tensor& weight, bool elementwise) : weight(weight), elementwise(elementwise) {}
  HeadOut mix(const HeadIn& in) const override {
    const AttentionOut plain =
        softmax_attention(in.q_BHTK, in.k_BJTK, in.v_BJTK, in.scale, SinkMode::none);
    at::Tensor logit = at::linear(in.x_BTC, weight_as(weight, in.x_BTC.scalar_type()));
    if (elementwise) logit = logit.unflatten(-1, {in.q_BHTK.size(1), in.q_BHTK.size(3)});
    auto [out, gate] = gate_multiply(plain.out_BHTK, logit);
    return {.out_BHTK = std::move(out), .gate_BHT = std::move(gate)};
  }
  const at::Tensor& weight;
  bool elementwise;
};

std::unique_ptr<HeadMixer> make(const MixerContext& context) {
  const ModelConfig& model = context.config.model;
  const bool elementwise = context.config.attention.gate_form == "elementwise";
  const at::Tensor& weight =
      context.params.add({.name = context.prefix + "g_proj.weight",
                          .shape = {elementwise ? model.width : model.heads, model.width},
                          .value = model.init_std,
                          .decay = true});
  return std::make_unique<Gated>(weight, elementwise);
}

const Registration<VariantKind> registration{
    {.name = "gated",
     .help = "softmax attention, each head's output times a sigmoid of the layer input",
     .make = make}};

}  // namespace
}  // namespace sinkmoe
