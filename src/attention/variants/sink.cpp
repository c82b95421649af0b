// A learned sink logit per head in the softmax denominator, without a value (E2, E7; not scaled, as
// in GPT-OSS).
#include "config/plugins/variant.h"
#include "core/registry.h"
#ifdef SINKMOE_TORCH
#include "attention/mixer.h"
#include "attention/softmax_attention.h"
#endif

namespace sinkmoe::attention {
namespace {

struct Options {
  double init = 0;
  static void fields(auto& o, auto&& f) {
    f({.key = "init",
       .help = "initial value of the learned sink logit",
       .unit = "logit",
       .lo = -100,
       .hi = 100,
       .stored_as = "attention.sink_init"},
      o.init);
  }
};

std::vector<config::VariantParam> parameters(const config::RunConfig& config) {
  return {{.name = "sinks",
           .shape = {config.model.heads},
           .value = config.attention.chosen<Options>().init}};
}

#ifdef SINKMOE_TORCH
struct Sink : HeadMixer {
  explicit Sink(const at::Tensor& sinks) : sinks_H(sinks) {}
  HeadOut mix(const HeadIn& in) const override {
    auto [out, gate] =
        softmax_attention(in.q_BHTK, in.k_BJTK, in.v_BJTK, in.scale, SinkMode::logit, sinks_H);
    return {.out_BHTK = std::move(out), .gate_BHT = gate, .key_mass = gate};
  }
  const at::Tensor& sinks_H;
};

std::unique_ptr<HeadMixer> make(const MixerContext& context) {
  return std::make_unique<Sink>(*context.parameters[0]);
}
#else
constexpr auto make = nullptr;
#endif

const Registration<config::VariantKind> registration{
    {.name = "sink",
     .help =
         "softmax attention with a learned sink logit per head; the gate is 1 - weight on the sink",
     .options = config::options_of<Options>(),
     .parameters = parameters,
     .make = make}};

}  // namespace
}  // namespace sinkmoe::attention
