// Reads one TOML table strictly: collects every problem with its place. A key that was not read is
// a problem too.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/toml/toml_doc.h"
#include "core/error.h"

namespace sinkmoe::report {

struct TomlProblems {
  std::string file;
  std::vector<Problem> list;
  void add(const config::TomlValue& at, const std::string& what, const std::string& fix = "");
};

class TomlTable {
 public:
  // `path` is the name of the table in messages: "layout.x". If `table` is not a table, this is a
  // problem, and every key is absent.
  TomlTable(const config::TomlValue& table, std::string path, TomlProblems& problems);

  std::string text(const std::string& key, const std::string& fallback = "");
  std::string required_text(const std::string& key);
  std::optional<double> number(const std::string& key);
  int64_t integer(const std::string& key, int64_t fallback, int64_t low, int64_t high);
  bool boolean(const std::string& key, bool fallback);
  // One string, or an array of strings.
  std::vector<std::string> texts(const std::string& key);
  // Any kind; marks the key as known.
  const config::TomlValue* any(const std::string& key);
  const config::TomlValue* required(const std::string& key);

  // Call after all known keys were read: reports the others.
  void finish();

  const config::TomlValue& at() const { return table_; }
  std::string key_path(const std::string& key) const;

 private:
  const config::TomlValue* of_kind(const std::string& key, config::TomlValue::Kind kind);

  const config::TomlValue& table_;
  std::string path_;
  TomlProblems& problems_;
  std::set<std::string> known_;
};

}  // namespace sinkmoe::report
