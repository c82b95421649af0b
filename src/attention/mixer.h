// The seam of all variants: heads are experts, the gate is a returned value. A variant is one file
// in attention/variants/ with one Registration<VariantKind>; it only mixes heads. Letters: B rows,
// T tokens, H query heads, J key/value heads, K head width, C model width.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "config/plugins/variant.h"
#include "tensor/params.h"

namespace sinkmoe::attention {

struct HeadIn {
  at::Tensor x_BTC;   // normed input of the attention layer (what explicit gates read)
  at::Tensor q_BHTK;  // after positions and QK-norm; last stride 1, other strides free
  at::Tensor k_BJTK, v_BJTK;
  double scale = 1;  // 1 / sqrt(K)
};

// The part of the softmax that lies on real keys. It has no default, so that every mixer says it:
// a mixer with a sink that is no key leaves less than 1 on the keys.
struct KeyMass {
  KeyMass(at::Tensor mass_BHT) : mass_BHT(std::move(mass_BHT)) {}
  static KeyMass all() { return KeyMass(at::Tensor()); }  // 1 everywhere: every sink is a key
  at::Tensor mass_BHT;                                    // undefined: 1 everywhere
};

// out: head output, gate applied, before W_O. gate in [0, 1], differentiable: G of E5-E8. For an
// elementwise gate it is the mean over the head's channels. With all values 1, out is key_mass, or
// key_mass times the gate where the gate multiplies the output. first_weight: weight of each query
// on token 0, for a mixer that knows it; undefined: what plain softmax over all keys gives.
struct HeadOut {
  at::Tensor out_BHTK, gate_BHT;
  KeyMass key_mass;
  at::Tensor first_weight_BHT = {};
};

class HeadMixer {
 public:
  virtual ~HeadMixer() = default;
  virtual HeadOut mix(const HeadIn& in) const = 0;
  // The sink is key 0, whose value the gate does not count; otherwise it is no key at all.
  virtual bool sink_is_first_key() const { return false; }
  // The gate is a factor of its own, beside the softmax.
  virtual bool gate_multiplies() const { return false; }
};

struct MixerContext {
  const config::RunConfig& config;
  int64_t layer = 0;
  std::vector<const at::Tensor*> parameters;  // as the variant declares them, in its order
};

// The mixer of the variant that `config` chooses. Adds the parameters it declares to `params`,
// under names that start with `prefix` ("model.layers.0.self_attn."). Throws Error: unknown variant.
std::unique_ptr<HeadMixer> make_mixer(const config::RunConfig& config, tensor::ParamSet& params,
                                      const std::string& prefix, int64_t layer);

}  // namespace sinkmoe::attention
