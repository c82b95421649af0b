// Assigns a TOML value to a typed field, and checks type, range, choices and plug-in names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

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

}  // namespace sinkmoe::config
