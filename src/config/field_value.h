// A TOML value into one typed field, with its checks: type, range, choices, plug-in names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "config/run_config.h"
#include "config/toml/toml_values.h"
#include "core/error.h"

namespace sinkmoe::config {

// Each returns what is wrong (`where` is left empty), or nothing once `value` is set. An
// integer may stand where a float is wanted, and a float without a fraction where an integer
// is; every number is finite.
std::optional<Problem> assign(const std::string& key, const FieldInfo& info, const TomlValue& node,
                              bool& value);
std::optional<Problem> assign(const std::string& key, const FieldInfo& info, const TomlValue& node,
                              int64_t& value);
std::optional<Problem> assign(const std::string& key, const FieldInfo& info, const TomlValue& node,
                              double& value);
std::optional<Problem> assign(const std::string& key, const FieldInfo& info, const TomlValue& node,
                              std::string& value);

}  // namespace sinkmoe::config
