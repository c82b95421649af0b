#include "pretrained/adapters.h"

#include <fmt/format.h>

#include <cmath>
#include <vector>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/json/reader.h"
#include "core/text/number.h"
#include "pretrained/finite.h"

namespace sinkmoe::pretrained {

namespace fs = std::filesystem;

namespace {

constexpr uint64_t kMaxAdapterConfig = uint64_t{4} << 20;
constexpr const char* kConfigName = "adapter_config.json";
constexpr const char* kBaseLink = "base_model";  // in the folder of the adapters
constexpr const char* kFileName = "adapter_model.safetensors";
constexpr std::string_view kPrefix = "base_model.model.";

// null, false, 0, "", [], {}: what a setting has that is not used.
bool is_off(const nlohmann::json& value) {
  return value.is_null() || value == false || value == 0 || value == "" ||
         ((value.is_array() || value.is_object()) && value.empty());
}

// peft adds settings with every version; those that are off say nothing.
void refuse_other_settings(const nlohmann::json& json, JsonReader& config) {
  config.ignore({"auto_mapping", "base_model_class", "exclude_modules", "fan_in_fan_out",
                 "inference_mode", "layers_pattern", "layers_to_transform", "lora_dropout",
                 "megatron_core", "parent_library", "peft_version", "qalora_group_size", "revision",
                 "target_modules", "task_type"});
  for (const auto& [key, value] : json.items())
    if (is_off(value)) config.ignore({key.c_str()});
}

std::vector<std::byte> bytes_of(const weights::SafetensorsFile& file,
                                const weights::TensorEntry& entry) {
  std::vector<std::byte> bytes(entry.end - entry.begin);
  file.read(entry, 0, bytes);
  return bytes;
}

}  // namespace

double AdapterConfig::scale() const {
  const auto r = static_cast<double>(rank);
  return alpha / (root_scale ? std::sqrt(r) : r);
}

AdapterConfig parse_adapter_config(std::string_view text, const std::string& where) {
  const nlohmann::json json = parse_json(text, where);
  JsonReader config(json, where);
  if (const std::string type = config.text("peft_type"); type != "LORA")
    config.refuse("peft_type", "is '" + type + "'", "only LORA is supported");
  AdapterConfig out{.base = config.text("base_model_name_or_path", ""),
                    .rank = config.integer("r"),
                    .alpha = config.number("lora_alpha"),
                    .root_scale = config.boolean("use_rslora", false)};
  if (const std::string bias = config.text("bias", "none"); bias != "none")
    config.refuse("bias", "is '" + bias + "'",
                  "only adapters without trained biases are supported");
  // Other ways to begin change the model's own weights.
  if (const nlohmann::json* start = config.value("init_lora_weights");
      start && !start->is_boolean() && *start != "gaussian")
    config.refuse("init_lora_weights", "is not true, false or gaussian",
                  "merge the adapters into the model with peft, and give the merged folder");
  refuse_other_settings(json, config);
  config.finish();
  return out;
}

bool is_adapter_folder(const fs::path& folder) {
  return fs::exists(folder / kConfigName) && !fs::exists(folder / "config.json");
}

fs::path base_folder(const fs::path& folder) {
  if (!is_adapter_folder(folder)) return folder;
  const fs::path config = folder / kConfigName;
  const std::string base =
      parse_adapter_config(read_file(config, kMaxAdapterConfig), config.string()).base;
  for (const fs::path& place : {fs::path(base), folder / base, folder / kBaseLink})
    if (!place.empty() && fs::exists(place / "config.json")) return place;
  throw Error("the model of these adapters is '" + base + "', which is not a folder here",
              config.string(),
              std::string("put a link '") + kBaseLink +
                  "' to the model's folder beside it; heads and sample also take --adapter");
}

Adapters::Adapters(const fs::path& folder, const std::map<std::string, AdaptedMap>& maps)
    : folder_(folder),
      config_(parse_adapter_config(read_file(folder / kConfigName, kMaxAdapterConfig),
                                   (folder / kConfigName).string())),
      file_(folder / kFileName) {
  std::vector<Problem> problems;
  std::map<std::string, const AdaptedMap*> used;
  for (const weights::TensorEntry& entry : file_.tensors()) {
    const std::string where = file_.path().string() + ": tensor '" + entry.name + "'";
    std::string name = entry.name;
    const bool A = name.ends_with(".lora_A.weight"), B = name.ends_with(".lora_B.weight");
    const size_t end = name.size() - std::string_view(".lora_A.weight").size();
    const auto map = (A || B) && name.starts_with(kPrefix)
                         ? maps.find(name.substr(kPrefix.size(), end - kPrefix.size()))
                         : maps.end();
    if (map == maps.end()) {
      problems.push_back({"adapts nothing that this model has", where,
                          "only pairs lora_A and lora_B of the model's linear maps are supported"});
      continue;
    }
    const std::vector<int64_t> wanted =
        A ? std::vector{config_.rank, map->second.in} : std::vector{map->second.out, config_.rank};
    if (entry.shape != wanted)
      problems.push_back({fmt::format("has the shape [{}], expected [{}]",
                                      fmt::join(entry.shape, ", "), fmt::join(wanted, ", ")),
                          where, ""});
    if (entry.dtype != "F32" && entry.dtype != "F16" && entry.dtype != "BF16")
      problems.push_back({"is " + entry.dtype + "; F32, F16 and BF16 can be read", where, ""});
    Pair& pair = pairs_[map->second.tensor];
    (A ? pair.A : pair.B) = &entry;
  }
  for (const auto& [tensor, pair] : pairs_)
    if (!pair.A || !pair.B)
      problems.push_back({"only one half of the adapters of '" + tensor + "' is there",
                          file_.path().string(), ""});
  if (pairs_.empty() && problems.empty())
    problems.push_back({"holds no adapters", file_.path().string(), ""});
  if (!problems.empty()) throw Error(problems);
  for (const weights::TensorEntry& entry : file_.tensors()) check_finite(entry);
}

void Adapters::check_finite(const weights::TensorEntry& entry) const {
  if (first_not_finite(entry.dtype, bytes_of(file_, entry)))
    throw Error("holds NaN or infinity", file_.path().string() + ": tensor '" + entry.name + "'",
                "the adapters are damaged: train or fetch them again");
}

const Adapters::Pair* Adapters::find(const std::string& tensor) const {
  const auto it = pairs_.find(tensor);
  return it == pairs_.end() ? nullptr : &it->second;
}

std::string Adapters::hash() const {
  std::string text = "sinkmoe adapters\nscale " + shortest(config_.scale()) + "\n";
  for (const auto& [tensor, pair] : pairs_)
    for (const weights::TensorEntry* entry : {pair.A, pair.B}) {
      Sha256 hash;
      const std::vector<std::byte> bytes = bytes_of(file_, *entry);
      hash.update(bytes.data(), bytes.size());
      text += fmt::format("{} {} {} {}\n", entry->name, entry->dtype, fmt::join(entry->shape, " "),
                          hash.hex());
    }
  return sha256_hex(text);
}

}  // namespace sinkmoe::pretrained
