#include "store/read/experiments.h"

#include <algorithm>

#include "core/text/split_join.h"
#include "core/text/suggest.h"

namespace sinkmoe::store {

std::vector<std::string> experiment_names(const Reader& reader) {
  std::vector<std::string> names;
  for (const auto& row : reader.query("select name from experiment order by name").rows)
    names.push_back(to_text(row[0]));
  return names;
}

Problem unknown_experiment(const std::string& name, const std::vector<std::string>& stored,
                           const std::string& where) {
  std::string fix = did_you_mean(name, stored);
  if (stored.empty())
    fix = "it has none yet: sinkmoe run EXPERIMENT";
  else if (fix.empty())
    fix = "it has " + join(stored, ", ", [](const std::string& s) { return s; });
  return {"the database has no experiment '" + name + "'", where, fix};
}

void require_experiment(const Reader& reader, const std::string& name) {
  const std::vector<std::string> names = experiment_names(reader);
  if (!std::binary_search(names.begin(), names.end(), name))
    throw UnknownExperiment(unknown_experiment(name, names));
}

}  // namespace sinkmoe::store
