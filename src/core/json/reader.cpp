#include "core/json/reader.h"

#include <cmath>
#include <unordered_set>

#include "core/error.h"
#include "core/text/suggest.h"

namespace sinkmoe {

namespace {

constexpr int64_t kLargest = int64_t{1} << 24;
constexpr int kMaxDepth = 32;

std::string shown(const nlohmann::json& value) {
  std::string text = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return text;
}

}  // namespace

nlohmann::json parse_json(std::string_view text, const std::string& where) {
  using Json = nlohmann::json;
  std::vector<std::unordered_set<std::string>> keys;  // of each object that is open
  const auto check = [&](int depth, Json::parse_event_t event, const Json& parsed) {
    if (depth > kMaxDepth)
      throw Error("nested more than " + std::to_string(kMaxDepth) + " deep", where);
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key &&
        !keys.back().insert(parsed.get_ref<const std::string&>()).second)
      throw Error("the key " + shown(parsed) + " stands twice in one object", where);
    return true;
  };
  try {
    return Json::parse(text, check);
  } catch (const Json::exception& e) {
    throw Error("not well-formed JSON: " + std::string(e.what()), where,
                "is the download complete?");
  }
}

JsonReader::JsonReader(const nlohmann::json& object, std::string where)
    : object_(&object), where_(std::move(where)) {
  if (!object_->is_object()) throw Error("not a JSON object", where_);
}

void JsonReader::refuse(const std::string& key, const std::string& why,
                        const std::string& fix) const {
  throw Error("'" + key + "' " + why, where_, fix);
}

const nlohmann::json* JsonReader::value(const std::string& key, bool required) {
  asked_.insert(key);
  const auto it = object_->find(key);
  if (it != object_->end() && !it->is_null()) return &*it;
  if (required) refuse(key, "is missing");
  return nullptr;
}

bool JsonReader::has(const std::string& key) { return value(key, false) != nullptr; }

int64_t JsonReader::integer(const std::string& key, std::optional<int64_t> otherwise,
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

double JsonReader::number(const std::string& key, std::optional<double> otherwise) {
  const nlohmann::json* v = value(key, !otherwise);
  if (!v) return *otherwise;
  if (!v->is_number() || !std::isfinite(v->get<double>()))
    refuse(key, "is " + shown(*v) + ", expected a number");
  return v->get<double>();
}

bool JsonReader::boolean(const std::string& key, std::optional<bool> otherwise) {
  const nlohmann::json* v = value(key, !otherwise);
  if (!v) return *otherwise;
  if (!v->is_boolean()) refuse(key, "is " + shown(*v) + ", expected true or false");
  return v->get<bool>();
}

std::string JsonReader::text(const std::string& key, std::optional<std::string> otherwise) {
  const nlohmann::json* v = value(key, !otherwise);
  if (!v) return *otherwise;
  if (!v->is_string()) refuse(key, "is " + shown(*v) + ", expected a text");
  return v->get<std::string>();
}

std::vector<std::string> JsonReader::texts(const std::string& key) {
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

std::vector<bool> JsonReader::booleans(const std::string& key) {
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

JsonReader JsonReader::object(const std::string& key) {
  static const nlohmann::json empty = nlohmann::json::object();
  const nlohmann::json* v = value(key);
  if (v && !v->is_object()) refuse(key, "is " + shown(*v) + ", expected an object");
  return {v ? *v : empty, where_ + ": " + key};
}

std::vector<JsonReader> JsonReader::objects(const std::string& key) {
  const nlohmann::json* v = value(key);
  std::vector<JsonReader> out;
  if (!v) return out;
  if (!v->is_array()) refuse(key, "is " + shown(*v) + ", expected a list of objects");
  for (const nlohmann::json& item : *v) {
    const std::string place = key + "[" + std::to_string(out.size()) + "]";
    if (!item.is_object()) refuse(place, "is " + shown(item) + ", expected an object");
    out.emplace_back(item, where_ + ": " + place);
  }
  return out;
}

void JsonReader::only(const std::string& key, const nlohmann::json& allowed) {
  const nlohmann::json* v = value(key, false);
  if (v && *v != allowed)
    refuse(key, "is " + shown(*v), "only " + shown(allowed) + " can be read for this family");
}

void JsonReader::ignore(std::initializer_list<const char*> keys) {
  for (const char* key : keys) asked_.insert(key);
}

void JsonReader::finish() const {
  std::vector<Problem> problems;
  const std::vector<std::string> known(asked_.begin(), asked_.end());
  for (const auto& [key, value] : object_->items()) {
    if (asked_.contains(key)) continue;
    const std::string near = did_you_mean(key, known);
    problems.push_back({"unknown key '" + key + "' with the value " + shown(value), where_,
                        near.empty() ? "a setting that is ignored could give another model; take "
                                       "the key out only if it changes nothing"
                                     : near});
  }
  if (!problems.empty()) throw Error(problems);
}

}  // namespace sinkmoe
