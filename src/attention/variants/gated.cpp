// Gated attention: the head's output times sigmoid(x W), one gate per head or one per channel
// (E3, E8).
#include "config/plugins/variant.h"
#include "core/registry.h"
#ifdef SINKMOE_TORCH
#include <ATen/ATen.h>

#include "attention/gate_multiply.h"
#include "attention/mixer.h"
#endif

namespace sinkmoe::attention {
namespace {

bool elementwise(const config::RunConfig& config) {
  return config.attention.gate_form == "elementwise";
}

std::vector<config::VariantParam> parameters(const config::RunConfig& config) {
  const config::ModelConfig& model = config.model;
  return {{.name = "g_proj.weight",
           .shape = {elementwise(config) ? model.width : model.heads, model.width},
           .value = model.init_std}};
}

#ifdef SINKMOE_TORCH
struct Gated : HeadMixer {
  Gated(const at::Tensor& weight, bool per_channel) : weight(weight), per_channel(per_channel) {}
  HeadOut mix(const HeadIn& in) const override {
    const AttentionOut plain =
        softmax_attention(in.q_BHTK, in.k_BJTK, in.v_BJTK, in.scale, SinkMode::none);
    at::Tensor logit = at::linear(in.x_BTC, tensor::weight_as(weight, in.x_BTC.scalar_type()));
    if (per_channel) logit = logit.unflatten(-1, {in.q_BHTK.size(1), in.q_BHTK.size(3)});
    auto [out, gate] = gate_multiply(plain.out_BHTK, logit);
    return {.out_BHTK = std::move(out), .gate_BHT = std::move(gate), .key_mass = KeyMass::all()};
  }
  bool gate_multiplies() const override { return true; }
  const at::Tensor& weight;
  bool per_channel;
};

std::unique_ptr<HeadMixer> make(const MixerContext& context) {
  return std::make_unique<Gated>(*context.parameters[0], elementwise(context.config));
}
#else
constexpr auto make = nullptr;
#endif

const Registration<config::VariantKind> registration{
    {.name = "gated",
     .help = "softmax attention, each head's output times a sigmoid of the layer input",
     .reads = {"attention.gate_form"},
     .parameters = parameters,
     .make = make}};

}  // namespace
}  // namespace sinkmoe::attention
