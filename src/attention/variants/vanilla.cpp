// Vanilla softmax attention; the gate is observed: G = 1 - weight on key 0 (E1, E5, E6).
#include "config/plugins/variant.h"
#include "core/registry.h"
#ifdef SINKMOE_TORCH
#include "attention/mixer.h"
#include "attention/softmax_attention.h"
#endif

namespace sinkmoe::attention {
namespace {

#ifdef SINKMOE_TORCH
struct Vanilla : HeadMixer {
  HeadOut mix(const HeadIn& in) const override {
    auto [out, gate] =
        softmax_attention(in.q_BHTK, in.k_BJTK, in.v_BJTK, in.scale, SinkMode::first_key);
    return {.out_BHTK = std::move(out), .gate_BHT = std::move(gate), .key_mass = KeyMass::all()};
  }
  bool sink_is_first_key() const override { return true; }
};

std::unique_ptr<HeadMixer> make(const MixerContext&) { return std::make_unique<Vanilla>(); }
#else
constexpr auto make = nullptr;
#endif

const Registration<config::VariantKind> registration{
    {.name = "vanilla",
     .help = "softmax attention; the gate is 1 - weight on the first token",
     .make = make}};

}  // namespace
}  // namespace sinkmoe::attention
