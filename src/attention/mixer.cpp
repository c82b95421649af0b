#include "attention/mixer.h"

#include "core/registry.h"

namespace sinkmoe::attention {

std::unique_ptr<HeadMixer> make_mixer(const config::RunConfig& config, tensor::ParamSet& params,
                                      const std::string& prefix, int64_t layer) {
  const config::VariantKind& kind = Registry<config::VariantKind>::get(config.attention.kind);
  MixerContext context{config, layer, {}};
  for (const config::VariantParam& param : config::variant_parameters(config))
    context.parameters.push_back(
        &params.add({.name = prefix + param.name,
                     .shape = param.shape,
                     .init = param.is_matrix() ? tensor::ParamSpec::Init::normal
                                               : tensor::ParamSpec::Init::constant,
                     .value = param.value,
                     .decay = param.is_matrix()}));
  return kind.make(context);
}

}  // namespace sinkmoe::attention
