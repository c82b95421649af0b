// A learned sink logit per head in the softmax denominator, without a value (E2, E7;
// unscaled, as in GPT-OSS).
#include "attention/mixer.h"
#include "attention/softmax_attention.h"
#include "core/registry.h"

namespace sinkmoe {
namespace {

struct Sink : HeadMixer {
  explicit Sink(const at::Tensor& sinks) : sinks_H(sinks) {}
  HeadOut mix(const HeadIn& in) const override {
    auto [out, gate] =
        softmax_attention(in.q_BHTK, in.k_BJTK, in.v_BJTK, in.scale, SinkMode::logit, sinks_H);
    return {.out_BHTK = std::move(out), .gate_BHT = gate, .key_mass_BHT = gate};
  }
  const at::Tensor& sinks_H;
};

const Registration<VariantKind> registration{
    {.name = "sink",
     .help =
         "softmax attention with a learned sink logit per head; the gate is 1 - weight on the sink",
     .make = [](const MixerContext& context) {
       return std::make_unique<Sink>(
           context.params.add({.name = context.prefix + "sinks",
                               .shape = {context.config.model.heads},
                               .init = ParamSpec::Init::constant,
                               .value = context.config.attention.sink_init}));
     }}};

}  // namespace
}  // namespace sinkmoe
