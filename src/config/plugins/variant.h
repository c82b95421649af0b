// What an attention variant declares about itself, in plain types. `plan` counts the parameters
// from it, and training creates the same ones. Also available in a program without LibTorch.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/run_config.h"

namespace sinkmoe::attention {
class HeadMixer;      // attention/mixer.h
struct MixerContext;  // attention/mixer.h
}  // namespace sinkmoe::attention

namespace sinkmoe::config {

// One parameter that the variant adds to each layer. A matrix (two dimensions) starts with normal
// values of standard deviation `value` and has weight decay. Other parameters start at the constant
// `value` and have no decay.
struct VariantParam {
  std::string name;  // in the weights file after "model.layers.N.self_attn.": "g_proj.weight"
  std::vector<int64_t> shape;
  double value = 0;

  bool is_matrix() const { return shape.size() == 2; }
  int64_t count() const;  // entries
};

struct VariantKind {
  static constexpr const char* kind = "variant";
  std::string name, help;
  std::vector<Option> options = {};  // options_of<Options>()
  std::function<std::vector<VariantParam>(const RunConfig&)> parameters = {};  // empty: none
  // Floating-point operations of the forward pass for one token in one layer, in addition to those
  // of the matrices among the parameters and of the softmax over the keys. Empty: negligible.
  std::function<double(const RunConfig&)> flops = {};
  // Empty in a program without LibTorch.
  std::function<std::unique_ptr<attention::HeadMixer>(const attention::MixerContext&)> make = {};
};

// The parameters of the variant that `config` chooses; empty for a variant unknown to this program.
std::vector<VariantParam> variant_parameters(const RunConfig& config);
double variant_flops(const RunConfig& config);

}  // namespace sinkmoe::config
