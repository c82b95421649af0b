#include "attention/mixer.h"

#include "core/registry.h"

namespace sinkmoe {

std::unique_ptr<HeadMixer> make_mixer(const RunConfig& config, ParamSet& params,
                                      const std::string& prefix, int64_t layer) {
  const VariantKind& kind = Registry<VariantKind>::get(config.attention.kind);
  MixerContext context{config, layer, {}};
  for (const VariantParam& param : variant_parameters(config))
    context.parameters.push_back(&params.add(
        {.name = prefix + param.name,
         .shape = param.shape,
         .init = param.is_matrix() ? ParamSpec::Init::normal : ParamSpec::Init::constant,
         .value = param.value,
         .decay = param.is_matrix()}));
  return kind.make(context);
}

}  // namespace sinkmoe
