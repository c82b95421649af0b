#include "config/plugins/options.h"

#include <stdexcept>

namespace sinkmoe::config {

namespace {

const Option& declared(const std::string& kind, const std::string& plugin,
                       const std::string& option) {
  const auto plugins = plugin_table().find(kind);
  if (plugins != plugin_table().end())
    if (const auto it = plugins->second.find(plugin); it != plugins->second.end())
      for (const Option& known : it->second.options)
        if (known.info.key == option) return known;
  throw std::logic_error("the " + kind + " '" + plugin + "' declares no option '" + option + "'");
}

}  // namespace

void PluginOptions::set(const std::string& plugin, const std::string& option, FieldValue value,
                        bool shared) {
  const FieldValue& usual = declared(kind_, plugin, option).default_value;
  const auto* whole = std::get_if<int64_t>(&value);
  if (whole && std::holds_alternative<double>(usual)) value = static_cast<double>(*whole);
  if (value.index() != usual.index())
    throw std::logic_error("a value of another type for option '" + option + "' of '" + plugin +
                           "'");
  if (value == usual)
    entries_.erase({plugin, option});
  else
    entries_[{plugin, option}] = {std::move(value), shared};
}

FieldValue PluginOptions::get(const std::string& plugin, const std::string& option) const {
  const Option& known = declared(kind_, plugin, option);
  const auto it = entries_.find({plugin, option});
  return it == entries_.end() ? known.default_value : it->second.value;
}

bool PluginOptions::is_shared(const std::string& plugin, const std::string& option) const {
  const auto it = entries_.find({plugin, option});
  return it != entries_.end() && it->second.shared;
}

std::vector<OptionName> options_in(const std::string& section, const std::string& kind) {
  std::vector<OptionName> names;
  const auto plugins = plugin_table().find(kind);
  if (plugins == plugin_table().end()) return names;
  for (const auto& [name, plugin] : plugins->second)
    for (const Option& option : plugin.options) names.push_back({section, kind, name, option});
  return names;
}

}  // namespace sinkmoe::config
