#include "config/field_view.h"

#include <algorithm>
#include <map>

#include "core/text/suggest.h"

namespace sinkmoe::config {

namespace {

FieldView view_of(const OptionName& name, const std::string& chosen, const PluginOptions& options) {
  return {name.key(),
          name.stored(),
          options.get(name.plugin, name.option.info.key),
          name.option.default_value,
          name.option.info,
          name.plugin == chosen};
}

}  // namespace

std::vector<FieldView> option_views(const std::string& section, const std::string& chosen,
                                    const PluginOptions& options) {
  std::vector<FieldView> views;
  for (const OptionName& name : options_in(section, options.kind())) {
    FieldView view = view_of(name, chosen, options);
    const bool changed = view.value != view.default_value;
    if (!view.in_use && !changed && !*name.option.info.stored_as) continue;
    const auto same = std::find_if(views.begin(), views.end(), [&](const FieldView& earlier) {
      return earlier.stored == view.stored;
    });
    if (same == views.end())
      views.push_back(std::move(view));
    else if (view.in_use || (!same->in_use && same->value == same->default_value))
      *same = std::move(view);
  }
  return views;
}

std::vector<FieldView> field_views(const RunConfig& config) { return collect_views(config); }

std::vector<std::string> field_keys() {
  const RunConfig defaults;
  std::vector<std::string> keys;
  for_each_field(defaults, [&](const std::string& key, const FieldInfo&, const auto&) {
    keys.push_back(key);
  });
  for_each_choice(
      defaults, [&](const std::string& section, const std::string&, const PluginOptions& options) {
        for (const OptionName& name : options_in(section, options.kind()))
          keys.push_back(name.key());
      });
  return keys;
}

std::vector<OptionName> options_named(const std::string& key) {
  std::vector<OptionName> named;
  const RunConfig defaults;
  for_each_choice(
      defaults, [&](const std::string& section, const std::string&, const PluginOptions& options) {
        if (!key.starts_with(section + ".")) return;
        for (const OptionName& name : options_in(section, options.kind()))
          if (name.key() == key || name.stored() == key) named.push_back(name);
      });
  return named;
}

FieldValue field_value(const RunConfig& config, const std::string& key) {
  std::optional<FieldValue> found;
  for_each_field(config, [&](const std::string& name, const FieldInfo&, const auto& value) {
    if (name == key) found = to_field_value(value);
  });
  if (found) return *found;
  const std::vector<OptionName> named = options_named(key);
  if (named.empty()) throw Error("unknown key '" + key + "'", "", did_you_mean(key, field_keys()));
  for_each_choice(config, [&](const std::string& section, const std::string& chosen,
                              const PluginOptions& options) {
    if (section != named[0].section) return;
    for (const OptionName& name : named)
      if (!found || name.plugin == chosen) found = options.get(name.plugin, name.option.info.key);
  });
  return *found;
}

std::string field_type(const std::string& key) {
  static const std::map<std::string, std::string> types = [] {
    const RunConfig defaults;
    std::map<std::string, std::string> by_key;
    for_each_field(defaults, [&](const std::string& name, const FieldInfo&, const auto& value) {
      by_key[name] = type_name(to_field_value(value));
    });
    return by_key;
  }();
  if (const auto it = types.find(key); it != types.end()) return it->second;
  const std::vector<OptionName> named = options_named(key);
  return named.empty() ? "" : type_name(named[0].option.default_value);
}

}  // namespace sinkmoe::config
