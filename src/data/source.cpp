#include "data/source.h"

#include <algorithm>

#include "core/registry.h"

namespace sinkmoe {

void DataSource::parts_of(std::span<const int32_t>, std::span<uint8_t> part) const {
  std::fill(part.begin(), part.end(), uint8_t{0});
}

std::unique_ptr<DataSource> open_source(const DataConfig& config) {
  return Registry<SourceKind>::get(config.source).open(config);
}

std::string source_identity(const DataConfig& config) {
  return Registry<SourceKind>::get(config.source).identity(config);
}

}  // namespace sinkmoe
