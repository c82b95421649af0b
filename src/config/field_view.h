// Every field of a configuration as text, for any struct that has sections() and fields().
#pragma once

#include <string>
#include <type_traits>
#include <vector>

#include "config/compose/compose.h"
#include "config/toml/toml_values.h"
#include "core/text.h"

namespace sinkmoe::config {

template <class T>
constexpr const char* type_name() {
  if constexpr (std::is_same_v<T, bool>)
    return "bool";
  else if constexpr (std::is_same_v<T, int64_t>)
    return "int";
  else if constexpr (std::is_same_v<T, double>)
    return "float";
  else
    return "string";
}

inline std::string value_text(bool value) { return value ? "true" : "false"; }
inline std::string value_text(int64_t value) { return std::to_string(value); }
inline std::string value_text(double value) { return shortest(value); }
inline std::string value_text(const std::string& value) { return toml_quote(value); }

// f("section.key", FieldInfo, reference) for every field, in order.
template <class Config, class F>
void for_each_field(Config& config, F&& f) {
  sections(config, [&](const char* section, auto& part) {
    fields(part, [&](const FieldInfo& info, auto& value) {
      f(std::string(section) + "." + info.key, info, value);
    });
  });
}

template <class Config>
std::vector<FieldView> collect_views(const Config& config) {
  std::vector<FieldView> views;
  for_each_field(config, [&](const std::string& key, const FieldInfo& info, const auto& value) {
    using T = std::remove_cvref_t<decltype(value)>;
    views.push_back({key, type_name<T>(), value_text(value), "", info});
  });
  const Config defaults{};
  size_t i = 0;
  for_each_field(defaults, [&](const std::string&, const FieldInfo&, const auto& value) {
    views[i++].default_value = value_text(value);
  });
  return views;
}

std::string canonical_text(const std::vector<FieldView>& views);
std::string identity_text(const std::vector<FieldView>& views);

}  // namespace sinkmoe::config
