// The interface of all variants: heads are experts, and the gate is a returned value. A variant is
// one file in attention/variants/ with one Registration<VariantKind>; it only mixes heads. Letters:
// B rows, T tokens, H query heads, J key/value heads, K head width, C model width.
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

// The part of the softmax that lies on real keys. It has no default, so that every mixer must state
// it: with a sink that is not a key, the keys have less than 1 in total.
struct KeyMass {
  KeyMass(at::Tensor mass_BHT) : mass_BHT(std::move(mass_BHT)) {}
  static KeyMass all() { return KeyMass(at::Tensor()); }  // 1 everywhere: every sink is a key
  at::Tensor mass_BHT;                                    // undefined: 1 everywhere
};

// out: head output, gate applied, before W_O. gate in [0, 1], differentiable: G of E5-E8. For an
// elementwise gate it is the mean over the head's channels. With all values 1, out is key_mass, or
// key_mass times the gate if the gate multiplies the output. first_weight: weight of each query on
// token 0, if the mixer knows it; undefined: the weight in a plain softmax over all keys.
struct HeadOut {
  at::Tensor out_BHTK, gate_BHT;
  KeyMass key_mass;
  at::Tensor first_weight_BHT = {};
};

class HeadMixer {
 public:
  virtual ~HeadMixer() = default;
  virtual HeadOut mix(const HeadIn& in) const = 0;
  // True: the sink is key 0, and the gate does not count its value. False: the sink is not a key.
  virtual bool sink_is_first_key() const { return false; }
  // True: the gate is a separate factor, not part of the softmax.
  virtual bool gate_multiplies() const { return false; }
};

struct MixerContext {
  const config::RunConfig& config;
  int64_t layer = 0;
  std::vector<const at::Tensor*> parameters;  // in the order in which the variant declares them
};

// Makes the mixer of the variant that `config` chooses. Adds its parameters to `params`, under
// names that start with `prefix` ("model.layers.0.self_attn."). Throws Error: unknown variant.
std::unique_ptr<HeadMixer> make_mixer(const config::RunConfig& config, tensor::ParamSet& params,
                                      const std::string& prefix, int64_t layer);

}  // namespace sinkmoe::attention
