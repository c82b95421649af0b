// Assigns a TOML value to a typed field, and checks type, range, choices and plug-in names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>

#include "config/run_config.h"
#include "config/toml/toml_values.h"
#include "core/error.h"

namespace sinkmoe::config {

// Each sets `value` and returns nothing, or returns the problem (with an empty `where`). An integer
// is accepted for a float, and a float without a fraction for an integer. Every number is finite.
std::optional<Problem> assign(const std::string& key, const FieldInfo& info, const TomlValue& node,
                              bool& value);
std::optional<Problem> assign(const std::string& key, const FieldInfo& info, const TomlValue& node,
                              int64_t& value);
std::optional<Problem> assign(const std::string& key, const FieldInfo& info, const TomlValue& node,
                              double& value);
std::optional<Problem> assign(const std::string& key, const FieldInfo& info, const TomlValue& node,
                              std::string& value);

template <class E>
  requires std::is_enum_v<E>
std::optional<Problem> assign(const std::string& key, const FieldInfo& info, const TomlValue& node,
                              E& value) {
  std::string text;
  if (auto problem = assign(key, with_choices<E>(info), node, text)) return problem;
  value = parse_name<E>(text);
  return {};
}

// The same for a field whose type is given by its current value.
std::optional<Problem> assign(const std::string& key, const FieldInfo& info, const TomlValue& node,
                              FieldValue& value);

// "bool", "int", "float" or "string".
std::string type_name(const FieldValue& value);
// The value as in a stored text: 0.01, true, "sink".
std::string value_text(const FieldValue& value);
// The same value as TOML; and as plain text, without quotes.
TomlValue toml_value(const FieldValue& value);
std::string bare_text(const FieldValue& value);

}  // namespace sinkmoe::config
