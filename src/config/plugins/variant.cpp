#include "config/plugins/variant.h"

#include <functional>
#include <numeric>

#include "core/registry.h"

namespace sinkmoe::config {

int64_t VariantParam::count() const {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
}

std::vector<VariantParam> variant_parameters(const RunConfig& config) {
  const auto& all = Registry<VariantKind>::all();
  const auto it = all.find(config.attention.kind);
  if (it == all.end() || !it->second.parameters) return {};
  return it->second.parameters(config);
}

}  // namespace sinkmoe::config
