#include "config/plugins/foreign.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "config/compose.h"
#include "core/registry.h"
#include "core/text.h"

namespace sinkmoe {

namespace {

using Plugins = std::map<std::string, PluginInfo>;

bool reads(const PluginInfo& plugin, const std::string& key) {
  return std::find(plugin.reads.begin(), plugin.reads.end(), key) != plugin.reads.end();
}

std::vector<std::string> readers_of(const Plugins& plugins, const std::string& key) {
  std::vector<std::string> names;
  for (const auto& [name, plugin] : plugins)
    if (reads(plugin, key)) names.push_back(name);
  return names;
}

// In a condition of skip_if, texts have single quotes.
std::string condition_literal(const FieldView& view) {
  if (view.type != "string") return view.default_value;
  return "'" + view.default_value.substr(1, view.default_value.size() - 2) + "'";
}

std::string fix_for(const FieldView& view, const std::string& chooser, const PluginInfo& chosen,
                    const std::vector<std::string>& readers) {
  std::string fix =
      fmt::format("set {} = {}, or take {} out", chooser, fmt::join(readers, " or "), view.key);
  const std::string near = did_you_mean(view.key, chosen.reads);
  if (!near.empty())
    fix += "; " + near;
  else if (!chosen.reads.empty())
    fix += fmt::format("; {} reads {}", chosen.name, fmt::join(chosen.reads, ", "));
  return fix + fmt::format("; in a sweep: skip_if = \"{} == '{}' && {} != {}\"", chooser,
                           chosen.name, view.key, condition_literal(view));
}

}  // namespace

std::vector<Inconsistency> find_foreign_options(const RunConfig& config) {
  const std::vector<FieldView> views = field_views(config);
  std::vector<Inconsistency> found;
  for (const FieldView& chooser : views) {
    const auto kind = plugin_table().find(chooser.info.plugin);
    if (kind == plugin_table().end()) continue;
    const std::string name = chooser.value.substr(1, chooser.value.size() - 2);
    const auto chosen = kind->second.find(name);
    if (chosen == kind->second.end()) continue;
    for (const FieldView& view : views) {
      if (view.value == view.default_value || reads(chosen->second, view.key)) continue;
      const std::vector<std::string> readers = readers_of(kind->second, view.key);
      if (readers.empty()) continue;
      found.push_back(
          {{view.key, chooser.key},
           {fmt::format("{} = {} is an option of {} = {}; {} = {} does not read it", view.key,
                        view.value, chooser.key, fmt::join(readers, " or "), chooser.key, name),
            "", fix_for(view, chooser.key, chosen->second, readers)}});
    }
  }
  return found;
}

}  // namespace sinkmoe
