// A JSON object of which every key must be read. A key that was not read is an error, because
// ignoring a setting would silently give another model.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace sinkmoe {

// Throws Error: not JSON, nested more than 32 deep, or an object with one key twice.
nlohmann::json parse_json(std::string_view text, const std::string& where);

class JsonReader {
 public:
  // `where` starts each problem ("models/x/config.json"). `object` must outlive the reader. Throws
  // Error: not an object.
  JsonReader(const nlohmann::json& object, std::string where);
  JsonReader(const nlohmann::json&&, std::string) = delete;

  // True if the key exists and is not null. The key counts as read.
  bool has(const std::string& key);
  // Each throws Error for a wrong type or range, and for an absent or null key without default.
  int64_t integer(const std::string& key, std::optional<int64_t> otherwise = {},
                  int64_t least = 1);                                           // least .. 2^24
  double number(const std::string& key, std::optional<double> otherwise = {});  // finite
  bool boolean(const std::string& key, std::optional<bool> otherwise = {});
  std::string text(const std::string& key, std::optional<std::string> otherwise = {});
  std::vector<std::string> texts(const std::string& key);   // absent: empty
  std::vector<bool> booleans(const std::string& key);       // 0 and 1 too; absent: empty
  JsonReader object(const std::string& key);                // absent: an empty object
  std::vector<JsonReader> objects(const std::string& key);  // absent: empty
  // Of any type; nullptr if absent or null.
  const nlohmann::json* value(const std::string& key, bool required = false);

  // The key may be absent or have this value; everything else is an error.
  void only(const std::string& key, const nlohmann::json& value);
  // Accepts keys that change nothing here.
  void ignore(std::initializer_list<const char*> keys);
  // Throws Error that names every key that was not read.
  void finish() const;

  [[noreturn]] void refuse(const std::string& key, const std::string& why,
                           const std::string& fix = "") const;
  const std::string& where() const { return where_; }

 private:
  const nlohmann::json* object_;
  std::string where_;
  std::set<std::string> asked_;
};

}  // namespace sinkmoe
