// Vanilla softmax attention, its gate observed: G = 1 - weight on key 0 (E1, E5, E6).
#include "attention/mixer.h"
#include "attention/softmax_attention.h"
#include "core/registry.h"

namespace sinkmoe {
namespace {

struct Vanilla : HeadMixer {
  HeadOut mix(const HeadIn& in) const override {
    auto [out, gate] =
        softmax_attention(in.q_BHTK, in.k_BJTK, in.v_BJTK, in.scale, SinkMode::first_key);
    return {.out_BHTK = std::move(out), .gate_BHT = std::move(gate)};
  }
  bool sink_is_first_key() const override { return true; }
};

const Registration<VariantKind> registration{
    {.name = "vanilla",
     .help = "softmax attention; the gate is 1 - weight on the first token",
     .make = [](const MixerContext&) { return std::make_unique<Vanilla>(); }}};

}  // namespace
}  // namespace sinkmoe
