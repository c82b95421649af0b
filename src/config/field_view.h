// Views every field of a configuration by its key, for any struct with sections() and fields().
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "config/field_value.h"
#include "config/plugins/options.h"
#include "config/run_config.h"

namespace sinkmoe::config {

struct FieldView {
  std::string key;     // "attention.gated.form"
  std::string stored;  // the key in stored texts: "attention.gate_form"
  FieldValue value, default_value;
  FieldInfo info;      // with the choices of an enumeration
  bool in_use = true;  // false: an option of a plug-in that is not chosen
};

// Calls f("section.key", FieldInfo, reference) for every field that is not an option, in order.
template <class Config, class F>
void for_each_field(Config& config, F&& f) {
  sections(config, [&](const char* section, auto& part) {
    fields(part, [&](const FieldInfo& info, auto& value) {
      f(std::string(section) + "." + info.key, info, value);
    });
  });
}

// Calls f(section, name of the chosen plug-in, PluginOptions) for every section that chooses one.
template <class Config, class F>
void for_each_choice(Config& config, F&& f) {
  sections(config, [&](const char* section, auto& part) {
    if constexpr (requires { part.options; })
      fields(part, [&](const FieldInfo& info, auto& value) {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(value)>, std::string>)
          if (*info.plugin) f(std::string(section), value, part.options);
      });
  });
}

// The options of one section: those of the chosen plug-in, and those of other plug-ins that appear
// in every stored text, because they were fields of every run when the first runs were stored. An
// option that several plug-ins store under one key has one view.
std::vector<FieldView> option_views(const std::string& section, const std::string& chosen,
                                    const PluginOptions& options);

// The default of every field that is not an option, in order.
template <class Config>
const std::vector<FieldValue>& default_values() {
  static const std::vector<FieldValue> values = [] {
    const Config defaults{};
    std::vector<FieldValue> list;
    for_each_field(defaults, [&](const std::string&, const FieldInfo&, const auto& value) {
      list.push_back(to_field_value(value));
    });
    return list;
  }();
  return values;
}

// In the order of stored texts: section by section, fields before options. `only`: these sections,
// or all if it is empty.
template <class Config>
std::vector<FieldView> collect_views(const Config& config,
                                     std::span<const std::string_view> only = {}) {
  std::vector<FieldView> views;
  const std::vector<FieldValue>& usual = default_values<Config>();
  size_t i = 0;
  sections(config, [&](const char* section, const auto& part) {
    if (!only.empty() && std::find(only.begin(), only.end(), section) == only.end()) {
      fields(part, [&](const FieldInfo&, const auto&) { ++i; });
      return;
    }
    std::string chosen;
    fields(part, [&](const FieldInfo& info, const auto& value) {
      using Value = std::remove_cvref_t<decltype(value)>;
      const std::string key = std::string(section) + "." + info.key;
      views.push_back({key, key, to_field_value(value), usual[i++], with_choices<Value>(info)});
      if (*info.plugin) chosen = std::get<std::string>(views.back().value);
    });
    if constexpr (requires { part.options; })
      for (FieldView& view : option_views(section, chosen, part.options))
        views.push_back(std::move(view));
  });
  return views;
}

std::vector<FieldView> field_views(const RunConfig& config);

// Keys of all fields and of the options of all plug-ins, in field order.
std::vector<std::string> field_keys();

// The options for `key`: the one with this key, or all that are stored under it.
std::vector<OptionName> options_named(const std::string& key);

// The value of a field or option. For a key that several plug-ins share, the value of the chosen
// plug-in. Throws Error for a key that does not exist (near names).
FieldValue field_value(const RunConfig& config, const std::string& key);

// "int", "float", "bool" or "string"; "" if `key` is neither a field nor an option.
std::string field_type(const std::string& key);

}  // namespace sinkmoe::config
