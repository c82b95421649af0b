#include "pretrained/config/config_reader.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/text/suggest.h"

namespace sinkmoe::pretrained {

namespace {

constexpr int64_t kLargest = int64_t{1} << 24;

std::string shown(const nlohmann::json& value) {
  std::string text = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return text;
}

}  // namespace

ConfigReader::ConfigReader(nlohmann::json object, std::string where)
    : object_(std::move(object)), where_(std::move(where)) {
  if (!object_.is_object()) throw Error("not a JSON object", where_);
}

void ConfigReader::refuse(const std::string& key, const std::string& why,
                          const std::string& fix) const {
  throw Error("'" + key + "' " + why, where_, fix);
}

const nlohmann::json* ConfigReader::value(const std::string& key, bool required) {
  asked_.insert(key);
  const auto it = object_.find(key);
  if (it != object_.end() && !it->is_null()) return &*it;
  if (required) refuse(key, "is missing");
  return nullptr;
}

bool ConfigReader::has(const std::string& key) { return value(key, false) != nullptr; }

int64_t ConfigReader::integer(const std::string& key, std::optional<int64_t> otherwise,
                              int64_t least) {
  const nlohmann::json* v = value(key, !otherwise);
  if (!v) return *otherwise;
  if (!v->is_number_integer()) refuse(key, "is " + shown(*v) + ", expected a whole number");
  const bool huge = v->is_number_unsigned() && v->get<uint64_t>() > uint64_t{kLargest};
  if (huge || v->get<int64_t>() < least || v->get<int64_t>() > kLargest)
    refuse(key, "is " + shown(*v) + ", expected " + std::to_string(least) + " to " +
                    std::to_string(kLargest));
  return v->get<int64_t>();
}

double ConfigReader::number(const std::string& key, std::optional<double> otherwise) {
  const nlohmann::json* v = value(key, !otherwise);
  if (!v) return *otherwise;
  if (!v->is_number() || !std::isfinite(v->get<double>()))
    refuse(key, "is " + shown(*v) + ", expected a number");
  return v->get<double>();
}

bool ConfigReader::boolean(const std::string& key, std::optional<bool> otherwise) {
  const nlohmann::json* v = value(key, !otherwise);
  if (!v) return *otherwise;
  if (!v->is_boolean()) refuse(key, "is " + shown(*v) + ", expected true or false");
  return v->get<bool>();
}

std::string ConfigReader::text(const std::string& key, std::optional<std::string> otherwise) {
  const nlohmann::json* v = value(key, !otherwise);
  if (!v) return *otherwise;
  if (!v->is_string()) refuse(key, "is " + shown(*v) + ", expected a text");
  return v->get<std::string>();
}

std::vector<std::string> ConfigReader::texts(const std::string& key) {
  const nlohmann::json* v = value(key, false);
  std::vector<std::string> out;
  if (!v) return out;
  if (!v->is_array()) refuse(key, "is " + shown(*v) + ", expected a list of texts");
  for (const nlohmann::json& item : *v) {
    if (!item.is_string()) refuse(key, "is " + shown(*v) + ", expected a list of texts");
    out.push_back(item.get<std::string>());
  }
  return out;
}

std::vector<bool> ConfigReader::booleans(const std::string& key) {
  const nlohmann::json* v = value(key, false);
  std::vector<bool> out;
  if (!v) return out;
  if (!v->is_array()) refuse(key, "is " + shown(*v) + ", expected a list of 0 and 1");
  for (const nlohmann::json& item : *v) {
    if (!item.is_boolean() && item != 0 && item != 1)
      refuse(key, "is " + shown(*v) + ", expected a list of 0 and 1");
    out.push_back(item == true || item == 1);
  }
  return out;
}

ConfigReader ConfigReader::object(const std::string& key) {
  const nlohmann::json* v = value(key, false);
  if (v && !v->is_object()) refuse(key, "is " + shown(*v) + ", expected an object");
  return {v ? *v : nlohmann::json::object(), where_ + ": " + key};
}

void ConfigReader::only(const std::string& key, const nlohmann::json& allowed) {
  const nlohmann::json* v = value(key, false);
  if (v && *v != allowed)
    refuse(key, "is " + shown(*v), "only " + shown(allowed) + " can be read for this family");
}

void ConfigReader::ignore(std::initializer_list<const char*> keys) {
  for (const char* key : keys) asked_.insert(key);
}

void ConfigReader::finish() const {
  std::vector<Problem> problems;
  const std::vector<std::string> known(asked_.begin(), asked_.end());
  for (const auto& [key, value] : object_.items()) {
    if (asked_.contains(key)) continue;
    const std::string near = did_you_mean(key, known);
    problems.push_back({"unknown key '" + key + "' with the value " + shown(value), where_,
                        near.empty() ? "a setting that is ignored could give another model; take "
                                       "the key out only if it changes nothing"
                                     : near});
  }
  if (!problems.empty()) throw Error(problems);
}

}  // namespace sinkmoe::pretrained
