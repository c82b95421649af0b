// Stock attention without a gate: what the gates of the other variants cost is measured against it.
#include <ATen/core/Tensor.h>

#include "attention/mixer.h"
#include "attention/softmax_attention.h"
#include "core/registry.h"

namespace sinkmoe {
namespace {

struct Plain : HeadMixer {
  HeadOut mix(const HeadIn& in) const override {
    auto [out, gate] = softmax_attention(in.q_BHTK, in.k_BJTK, in.v_BJTK, in.scale, SinkMode::none);
    return {.out_BHTK = std::move(out), .gate_BHT = std::move(gate)};
  }
};

const Registration<VariantKind> registration{
    {.name = "plain",
     .help = "softmax attention without a gate (gate 1 everywhere): the speed baseline",
     .make = [](const MixerContext&) { return std::make_unique<Plain>(); }}};

}  // namespace
}  // namespace sinkmoe
