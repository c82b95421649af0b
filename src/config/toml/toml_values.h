// Single TOML values: reads and writes them, and gives their places.
#pragma once

#include <filesystem>
#include <string>

#include "config/toml/toml_doc.h"

namespace sinkmoe::config {

// Reads a whole file. Throws Error like read_file and parse_toml.
TomlValue read_toml(const std::filesystem::path& path);

// Parses one scalar. Throws Error if `literal` is anything else.
TomlValue parse_toml_scalar(const std::string& literal, const std::string& where);

bool is_scalar(const TomlValue& value);

// A value that does not come from a file.
TomlValue toml_boolean(bool value);
TomlValue toml_integer(int64_t value);
TomlValue toml_float(double value);
TomlValue toml_string(std::string text);

// TOML text of a scalar, which parses back to the same value. For arrays and tables, their kind,
// for messages.
std::string toml_literal(const TomlValue& value);
std::string toml_quote(const std::string& text);

// "path:line:column".
std::string place(const std::string& path, const TomlValue& value);

}  // namespace sinkmoe::config
