#include "config/field_value.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/registry.h"
#include "core/text/number.h"
#include "core/text/suggest.h"

namespace sinkmoe::config {

namespace {

std::string unit_text(const FieldInfo& info) {
  return *info.unit ? " " + std::string(info.unit) : "";
}

Problem wrong_type(const std::string& key, const std::string& wanted, const TomlValue& node) {
  std::string got = to_string(node.kind);
  if (is_scalar(node)) got += " " + toml_literal(node);
  const bool list = node.kind == TomlValue::Kind::kArray;
  return {key + " wants " + wanted + ", got " + got, "",
          list ? "lists of values belong in [[sweep.block]]" : ""};
}

std::optional<Problem> outside(const std::string& key, const FieldInfo& info, double value) {
  if (value >= info.lo && value <= info.hi) return {};
  std::string allowed = "give a value from " + shortest(info.lo) + " to " + shortest(info.hi);
  if (std::isinf(info.hi)) allowed = "give at least " + shortest(info.lo);
  return Problem{key + " is " + shortest(value) + ", out of range", "", allowed + unit_text(info)};
}

std::optional<Problem> not_among(const std::string& key, const std::string& value,
                                 const std::vector<std::string>& allowed, const std::string& noun) {
  if (allowed.empty() || std::find(allowed.begin(), allowed.end(), value) != allowed.end())
    return {};
  return Problem{key + " is '" + value + "', no such " + noun, "", known_names(value, allowed)};
}

}  // namespace

std::optional<Problem> assign(const std::string& key, const FieldInfo&, const TomlValue& node,
                              bool& value) {
  if (node.kind != TomlValue::Kind::kBoolean) return wrong_type(key, "true or false", node);
  value = node.boolean;
  return {};
}

std::optional<Problem> assign(const std::string& key, const FieldInfo& info, const TomlValue& node,
                              int64_t& value) {
  constexpr double kExact = 9007199254740992.0;  // 2^53: above it a double may differ from the text
  int64_t number = node.integer;
  if (node.kind == TomlValue::Kind::kFloat) {
    if (!(std::abs(node.number) <= kExact) || node.number != std::trunc(node.number))
      return wrong_type(key, "an integer", node);
    number = static_cast<int64_t>(node.number);
  } else if (node.kind != TomlValue::Kind::kInteger) {
    return wrong_type(key, "an integer", node);
  }
  if (auto problem = outside(key, info, static_cast<double>(number))) return problem;
  value = number;
  return {};
}

std::optional<Problem> assign(const std::string& key, const FieldInfo& info, const TomlValue& node,
                              double& value) {
  double number = node.number;
  if (node.kind == TomlValue::Kind::kInteger)
    number = static_cast<double>(node.integer);
  else if (node.kind != TomlValue::Kind::kFloat)
    return wrong_type(key, "a number", node);
  if (!std::isfinite(number)) return wrong_type(key, "a finite number", node);
  if (auto problem = outside(key, info, number)) return problem;
  if (number != 0 && std::abs(number) < std::numeric_limits<float>::min())
    return Problem{
        key + " is " + shortest(number) + ", which single precision rounds to 0 or to few digits",
        "", "the smallest number above 0 is 1.2e-38"};
  value = number + 0.0;  // no negative zero: equal values have equal texts
  return {};
}

std::optional<Problem> assign(const std::string& key, const FieldInfo& info, const TomlValue& node,
                              std::string& value) {
  if (node.kind != TomlValue::Kind::kString) return wrong_type(key, "a text in quotes", node);
  if (auto problem = not_among(key, node.text, info.choices, "choice")) return problem;
  if (*info.plugin)
    if (auto problem = not_among(key, node.text, plugin_names(info.plugin), info.plugin))
      return problem;
  value = node.text;
  return {};
}

std::optional<Problem> assign(const std::string& key, const FieldInfo& info, const TomlValue& node,
                              FieldValue& value) {
  return std::visit([&](auto& typed) { return assign(key, info, node, typed); }, value);
}

std::string type_name(const FieldValue& value) {
  constexpr const char* names[] = {"bool", "int", "float", "string"};
  return names[value.index()];
}

std::string value_text(const FieldValue& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text ? toml_quote(*text) : bare_text(value);
}

std::string bare_text(const FieldValue& value) {
  if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "true" : "false";
  if (const auto* whole = std::get_if<int64_t>(&value)) return std::to_string(*whole);
  if (const auto* number = std::get_if<double>(&value)) return shortest(*number);
  return std::get<std::string>(value);
}

TomlValue toml_value(const FieldValue& value) {
  if (const auto* truth = std::get_if<bool>(&value)) return toml_boolean(*truth);
  if (const auto* whole = std::get_if<int64_t>(&value)) return toml_integer(*whole);
  if (const auto* number = std::get_if<double>(&value)) return toml_float(*number);
  return toml_string(std::get<std::string>(value));
}

}  // namespace sinkmoe::config
