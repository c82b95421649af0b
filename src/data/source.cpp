#include "data/source.h"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "core/hash.h"
#include "core/registry.h"
#include "data/tasks/tasks.h"

namespace sinkmoe::data {

void DataSource::test_row(int64_t, std::span<int32_t>) const {
  throw std::logic_error("this data source has no test rows");
}

void DataSource::parts_of(std::span<const int32_t>, std::span<uint8_t> part) const {
  std::fill(part.begin(), part.end(), uint8_t{0});
}

std::vector<LossPart> loss_parts() {
  std::vector<LossPart> parts;
  std::set<std::string> seen;
  for (const auto& [name, kind] : Registry<SourceKind>::all())
    for (const LossPart& part : kind.parts)
      if (seen.insert(part.name).second) parts.push_back(part);
  return parts;
}

std::unique_ptr<DataSource> open_source(const config::DataConfig& config) {
  return Registry<SourceKind>::get(config.source).open(config);
}

std::string source_identity(const config::DataConfig& config) {
  return Registry<SourceKind>::get(config.source).identity(config);
}

std::string data_identity(const config::RunConfig& config) {
  const SourceKind& kind = Registry<SourceKind>::get(config.data.source);
  const std::string source = kind.identity(config.data);
  std::string more = tasks_identity(config.eval);
  if (config.eval.split == config::Split::test && kind.test_identity)
    more += "test " + kind.test_identity(config.data) + "\n";
  return more.empty() ? source : sha256_hex("source " + source + "\n" + more);
}

}  // namespace sinkmoe::data
