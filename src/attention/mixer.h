// The seam of all variants: heads are experts, the gate is a returned value. A variant is one file
// in attention/variants/ with one Registration<VariantKind>; it only mixes heads. Letters: B rows,
// T tokens, H query heads, J key/value heads, K head width, C model width.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <string>

#include "attention/params.h"
#include "config/run_config.h"

namespace sinkmoe {

struct HeadIn {
  at::Tensor x_BTC;   // normed input of the attention layer (what explicit gates read)
  at::Tensor q_BHTK;  // after positions and QK-norm; last stride 1, other strides free
  at::Tensor k_BJTK, v_BJTK;
  double scale = 1;  // 1 / sqrt(K)
};

// out: head output, gate applied, before W_O. gate in [0, 1], differentiable: G of E5-E8. For an
// elementwise gate it is the mean over the head's channels. key_mass: softmax mass on real keys;
// undefined: 1 (no learned sink). first_weight: weight of each query on token 0, for a mixer that
// knows it; undefined: what plain softmax over all keys gives.
struct HeadOut {
  at::Tensor out_BHTK, gate_BHT, key_mass_BHT = {}, first_weight_BHT = {};
};

class HeadMixer {
 public:
  virtual ~HeadMixer() = default;
  virtual HeadOut mix(const HeadIn& in) const = 0;
  // The sink is key 0, whose value the gate does not count; otherwise it is no key at all.
  virtual bool sink_is_first_key() const { return false; }
};

struct MixerContext {
  ParamSet& params;
  std::string prefix;  // "model.layers.0.self_attn."
  const RunConfig& config;
  int64_t layer = 0;
};

struct VariantKind {
  static constexpr const char* kind = "variant";
  std::string name, help;
  std::function<std::unique_ptr<HeadMixer>(const MixerContext&)> make;
};

}  // namespace sinkmoe
