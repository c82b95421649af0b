// TOML text as a plain tree of values with their places, for files that are not run configurations
// (plots/*.toml).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sinkmoe::config {

struct TomlMember;

struct TomlValue {
  enum class Kind { kTable, kArray, kString, kInteger, kFloat, kBoolean };
  Kind kind = Kind::kTable;
  std::string text;     // kString
  int64_t integer = 0;  // kInteger
  double number = 0;    // kFloat and kInteger
  bool boolean = false;
  std::vector<TomlValue> items;     // kArray
  std::vector<TomlMember> members;  // kTable, in the order of the file
  int line = 0, column = 0;         // from 1

  // Member of a table, or nullptr.
  const TomlValue* find(std::string_view key) const;
};

struct TomlMember {
  std::string key;
  TomlValue value;
};

// "table", "array", "string", ...
const char* to_string(TomlValue::Kind kind);

inline constexpr uint64_t kTomlBytes = 1 << 20;
inline constexpr int kTomlNesting = 64;
inline constexpr int kTomlKeys = 10'000;

// `name` comes before ":line:column" in messages. Throws Error: not UTF-8, too large, nested too
// deeply, too many keys, not TOML, a date or a time (not used here), a number that is not finite.
TomlValue parse_toml(std::string_view text, const std::string& name);

}  // namespace sinkmoe::config
