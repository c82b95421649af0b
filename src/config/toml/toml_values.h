// Single TOML values: read, write, and say where they stand.
#pragma once

#include <filesystem>
#include <string>

#include "config/toml/toml_doc.h"

namespace sinkmoe::config {

// A whole file; throws Error as read_file and parse_toml do.
TomlValue read_toml(const std::filesystem::path& path);

// One scalar. Throws Error when `literal` is anything else.
TomlValue parse_toml_scalar(const std::string& literal, const std::string& where);

bool is_scalar(const TomlValue& value);

// A value that stands in no file.
TomlValue toml_boolean(bool value);
TomlValue toml_integer(int64_t value);
TomlValue toml_float(double value);
TomlValue toml_string(std::string text);

// TOML text of a scalar; reads back to the same value. Arrays and tables give
// their kind, for messages.
std::string toml_literal(const TomlValue& value);
std::string toml_quote(const std::string& text);

// "path:line:column".
std::string place(const std::string& path, const TomlValue& value);

}  // namespace sinkmoe::config
