#include "config/plugins/foreign.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "config/field_view.h"
#include "core/registry.h"
#include "core/text.h"

namespace sinkmoe::config {

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

// Keys that some plug-in names as what it reads.
std::set<std::string> declared_keys() {
  std::set<std::string> keys;
  for (const auto& [kind, plugins] : plugin_table())
    for (const auto& [name, plugin] : plugins)
      keys.insert(plugin.reads.begin(), plugin.reads.end());
  return keys;
}

// The fields that choose a plug-in and the declared ones. Asked for each point of a sweep, so no
// other field is written out.
std::vector<FieldView> plugin_views(const RunConfig& config) {
  static const std::vector<FieldView> defaults = field_views({});
  const std::set<std::string> declared = declared_keys();
  std::vector<FieldView> views;
  size_t i = 0;
  for_each_field(config, [&](const std::string& key, const FieldInfo& info, const auto& value) {
    const FieldView& known = defaults[i++];
    if (*info.plugin || declared.contains(key))
      views.push_back({key, known.type, value_text(value), known.default_value, info});
  });
  return views;
}

std::string without_quotes(const std::string& text) { return text.substr(1, text.size() - 2); }

// In a condition of skip_if, texts have single quotes.
std::string condition_literal(const FieldView& view) {
  if (view.type != "string") return view.default_value;
  return "'" + without_quotes(view.default_value) + "'";
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
  const std::vector<FieldView> views = plugin_views(config);
  std::vector<Inconsistency> found;
  for (const FieldView& chooser : views) {
    const auto kind = plugin_table().find(chooser.info.plugin);
    if (kind == plugin_table().end()) continue;
    const std::string name = without_quotes(chooser.value);
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

}  // namespace sinkmoe::config
