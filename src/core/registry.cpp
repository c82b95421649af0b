#include "core/registry.h"

namespace sinkmoe {

std::map<std::string, std::map<std::string, PluginInfo>>& plugin_table() {
  static std::map<std::string, std::map<std::string, PluginInfo>> table;
  return table;
}

std::vector<std::string> plugin_names(const std::string& kind) {
  std::vector<std::string> names;
  const auto it = plugin_table().find(kind);
  if (it == plugin_table().end()) return names;
  for (const auto& [name, info] : it->second) names.push_back(name);
  return names;
}

}  // namespace sinkmoe
