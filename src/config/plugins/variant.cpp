#include "config/plugins/variant.h"

#include <functional>
#include <numeric>

#include "core/registry.h"

namespace sinkmoe::config {

int64_t VariantParam::count() const {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
}

namespace {

const VariantKind& chosen(const RunConfig& config) {
  static const VariantKind unknown{};
  const auto& all = Registry<VariantKind>::all();
  const auto it = all.find(config.attention.kind);
  return it == all.end() ? unknown : it->second;
}

}  // namespace

std::vector<VariantParam> variant_parameters(const RunConfig& config) {
  const auto& parameters = chosen(config).parameters;
  return parameters ? parameters(config) : std::vector<VariantParam>{};
}

double variant_flops(const RunConfig& config) {
  const auto& flops = chosen(config).flops;
  return flops ? flops(config) : 0;
}

}  // namespace sinkmoe::config
