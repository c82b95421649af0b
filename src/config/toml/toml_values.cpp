#include "config/toml/toml_values.h"

#include "core/error.h"
#include "core/file.h"
#include "core/text/number.h"

namespace sinkmoe::config {

TomlValue read_toml(const std::filesystem::path& path) {
  return parse_toml(read_file(path, kTomlBytes), path.string());
}

TomlValue parse_toml_scalar(const std::string& literal, const std::string& where) {
  const TomlValue table = parse_toml("value = " + literal, where);
  if (table.members.size() != 1 || !is_scalar(table.members[0].value))
    throw Error("expected one value, got '" + literal + "'", where);
  return table.members[0].value;
}

bool is_scalar(const TomlValue& value) {
  return value.kind != TomlValue::Kind::kArray && value.kind != TomlValue::Kind::kTable;
}

TomlValue toml_boolean(bool value) {
  TomlValue node;
  node.kind = TomlValue::Kind::kBoolean;
  node.boolean = value;
  return node;
}

TomlValue toml_integer(int64_t value) {
  TomlValue node;
  node.kind = TomlValue::Kind::kInteger;
  node.integer = value;
  node.number = static_cast<double>(value);
  return node;
}

TomlValue toml_float(double value) {
  TomlValue node;
  node.kind = TomlValue::Kind::kFloat;
  node.number = value;
  return node;
}

TomlValue toml_string(std::string text) {
  TomlValue node;
  node.kind = TomlValue::Kind::kString;
  node.text = std::move(text);
  return node;
}

std::string toml_quote(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      constexpr char digits[] = "0123456789abcdef";
      out += "\\u00";
      out += digits[byte >> 4];
      out += digits[byte & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string toml_literal(const TomlValue& value) {
  switch (value.kind) {
    case TomlValue::Kind::kBoolean:
      return value.boolean ? "true" : "false";
    case TomlValue::Kind::kInteger:
      return std::to_string(value.integer);
    case TomlValue::Kind::kString:
      return toml_quote(value.text);
    case TomlValue::Kind::kFloat: {
      const std::string digits = shortest(value.number);
      return digits.find_first_of(".e") == std::string::npos ? digits + ".0" : digits;
    }
    default:
      return to_string(value.kind);
  }
}

std::string place(const std::string& path, const TomlValue& value) {
  return path + ":" + std::to_string(value.line) + ":" + std::to_string(value.column);
}

}  // namespace sinkmoe::config
