// Stock attention without a gate: the baseline for the cost of the other variants' gates.
#include "config/plugins/variant.h"
#include "core/registry.h"
#ifdef SINKMOE_TORCH
#include "attention/mixer.h"
#include "attention/softmax_attention.h"
#endif

namespace sinkmoe::attention {
namespace {

#ifdef SINKMOE_TORCH
struct Plain : HeadMixer {
  HeadOut mix(const HeadIn& in) const override {
    auto [out, gate] = softmax_attention(in.q_BHTK, in.k_BJTK, in.v_BJTK, in.scale, SinkMode::none);
    return {.out_BHTK = std::move(out), .gate_BHT = std::move(gate), .key_mass = KeyMass::all()};
  }
};

std::unique_ptr<HeadMixer> make(const MixerContext&) { return std::make_unique<Plain>(); }
#else
constexpr auto make = nullptr;
#endif

const Registration<config::VariantKind> registration{
    {.name = "plain",
     .help = "softmax attention without a gate (gate 1 everywhere): the speed baseline",
     .make = make}};

}  // namespace
}  // namespace sinkmoe::attention
