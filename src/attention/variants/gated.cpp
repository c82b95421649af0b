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

enum class GateForm { headwise, elementwise };
constexpr auto names_of(GateForm) {
  return names<GateForm>("form of the gate", {{GateForm::headwise, "headwise"},
                                              {GateForm::elementwise, "elementwise"}});
}

struct Options {
  GateForm form = GateForm::headwise;
  double bias = 0;
  static void fields(auto& o, auto&& f) {
    f({.key = "form",
       .help = "one gate per head (headwise) or per channel (elementwise)",
       .stored_as = "attention.gate_form"},
      o.form);
    f({.key = "bias",
       .help = "initial bias of the gate's logit, which then trains; 0: no bias. 14 adds an open "
               "gate to a pretrained model",
       .unit = "logit",
       .lo = -100,
       .hi = 100},
      o.bias);
  }
};

bool per_channel(const config::RunConfig& config) {
  return config.attention.chosen<Options>().form == GateForm::elementwise;
}

std::vector<config::VariantParam> parameters(const config::RunConfig& config) {
  const config::ModelConfig& model = config.model;
  const int64_t gates = per_channel(config) ? model.width : model.heads;
  std::vector<config::VariantParam> list = {
      {.name = "g_proj.weight", .shape = {gates, model.width}, .value = model.init_std}};
  if (const double bias = config.attention.chosen<Options>().bias; bias != 0)
    list.push_back({.name = "g_proj.bias", .shape = {gates}, .value = bias});
  return list;
}

#ifdef SINKMOE_TORCH
struct Gated : HeadMixer {
  Gated(const std::vector<const at::Tensor*>& parameters, bool channels)
      : weight(*parameters[0]),
        bias(parameters.size() > 1 ? parameters[1] : nullptr),
        channels(channels) {}
  HeadOut mix(const HeadIn& in) const override {
    const AttentionOut plain =
        softmax_attention(in.q_BHTK, in.k_BJTK, in.v_BJTK, in.scale, SinkMode::none);
    const at::ScalarType type = in.x_BTC.scalar_type();
    at::Tensor logit = at::linear(in.x_BTC, tensor::weight_as(weight, type),
                                  bias ? tensor::weight_as(*bias, type) : at::Tensor());
    if (channels) logit = logit.unflatten(-1, {in.q_BHTK.size(1), in.q_BHTK.size(3)});
    auto [out, gate] = gate_multiply(plain.out_BHTK, logit);
    return {.out_BHTK = std::move(out), .gate_BHT = std::move(gate), .key_mass = KeyMass::all()};
  }
  bool gate_multiplies() const override { return true; }
  const at::Tensor& weight;
  const at::Tensor* bias;  // null: none
  bool channels;           // one gate per channel
};

std::unique_ptr<HeadMixer> make(const MixerContext& context) {
  return std::make_unique<Gated>(context.parameters, per_channel(context.config));
}
#else
constexpr auto make = nullptr;
#endif

const Registration<config::VariantKind> registration{
    {.name = "gated",
     .help = "softmax attention, each head's output times a sigmoid of the layer input",
     .options = config::options_of<Options>(),
     .parameters = parameters,
     .flops = [](const config::RunConfig& c) { return static_cast<double>(c.model.width); },
     .make = make}};

}  // namespace
}  // namespace sinkmoe::attention
