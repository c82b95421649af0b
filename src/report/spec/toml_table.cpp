#include "report/spec/toml_table.h"

#include <algorithm>

#include "core/text/split_join.h"
#include "core/text/suggest.h"

namespace sinkmoe::report {

using Kind = config::TomlValue::Kind;

void TomlProblems::add(const config::TomlValue& at, const std::string& what,
                       const std::string& fix) {
  list.push_back(
      {what, file + ":" + std::to_string(at.line) + ":" + std::to_string(at.column), fix});
}

TomlTable::TomlTable(const config::TomlValue& table, std::string path, TomlProblems& problems)
    : table_(table), path_(std::move(path)), problems_(problems) {
  if (table.kind != Kind::kTable)
    problems.add(table, "'" + path_ + "' is a " + config::to_string(table.kind),
                 "it must be a table");
}

std::string TomlTable::key_path(const std::string& key) const {
  return path_.empty() ? key : path_ + "." + key;
}

const config::TomlValue* TomlTable::any(const std::string& key) {
  known_.insert(key);
  return table_.find(key);
}

const config::TomlValue* TomlTable::required(const std::string& key) {
  const config::TomlValue* value = any(key);
  if (!value && table_.kind == Kind::kTable)
    problems_.add(table_, "'" + key_path(key) + "' is missing");
  return value;
}

const config::TomlValue* TomlTable::of_kind(const std::string& key, Kind kind) {
  const config::TomlValue* value = any(key);
  if (!value) return nullptr;
  if (value->kind == kind || (kind == Kind::kFloat && value->kind == Kind::kInteger)) return value;
  problems_.add(*value, "'" + key_path(key) + "' is a " + config::to_string(value->kind),
                std::string("it must be a ") + config::to_string(kind));
  return nullptr;
}

std::string TomlTable::text(const std::string& key, const std::string& fallback) {
  const config::TomlValue* value = of_kind(key, Kind::kString);
  return value ? value->text : fallback;
}

std::string TomlTable::required_text(const std::string& key) {
  required(key);
  const config::TomlValue* value = of_kind(key, Kind::kString);
  if (value && trim(value->text).empty()) problems_.add(*value, "'" + key_path(key) + "' is empty");
  return value ? value->text : "";
}

std::optional<double> TomlTable::number(const std::string& key) {
  const config::TomlValue* value = of_kind(key, Kind::kFloat);
  return value ? std::optional(value->number) : std::nullopt;
}

int64_t TomlTable::integer(const std::string& key, int64_t fallback, int64_t low, int64_t high) {
  const config::TomlValue* value = of_kind(key, Kind::kInteger);
  if (!value) return fallback;
  if (value->integer >= low && value->integer <= high) return value->integer;
  problems_.add(*value, "'" + key_path(key) + "' is " + std::to_string(value->integer),
                "it must be from " + std::to_string(low) + " to " + std::to_string(high));
  return fallback;
}

bool TomlTable::boolean(const std::string& key, bool fallback) {
  const config::TomlValue* value = of_kind(key, Kind::kBoolean);
  return value ? value->boolean : fallback;
}

std::vector<std::string> TomlTable::texts(const std::string& key) {
  const config::TomlValue* value = any(key);
  if (!value) return {};
  if (value->kind == Kind::kString) return {value->text};
  const bool all_text =
      value->kind == Kind::kArray &&
      std::all_of(value->items.begin(), value->items.end(),
                  [](const config::TomlValue& v) { return v.kind == Kind::kString; });
  if (!all_text) {
    problems_.add(*value, "'" + key_path(key) + "' must be a string or a list of strings");
    return {};
  }
  std::vector<std::string> list;
  for (const config::TomlValue& item : value->items) list.push_back(item.text);
  return list;
}

void TomlTable::finish() {
  const std::vector<std::string> known(known_.begin(), known_.end());
  for (const auto& [key, value] : table_.members) {
    if (known_.contains(key)) continue;
    std::string fix = did_you_mean(key, known);
    if (fix.empty()) {
      fix = "known here: ";
      for (const std::string& k : known) fix += (&k == &known.front() ? "" : ", ") + k;
    }
    problems_.add(value, "unknown key '" + key_path(key) + "'", fix);
  }
}

}  // namespace sinkmoe::report
