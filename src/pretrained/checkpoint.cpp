#include "pretrained/checkpoint.h"

#include <algorithm>
#include <set>

#include "core/error.h"
#include "core/file.h"
#include "core/json/reader.h"
#include "core/text/safe_name.h"
#include "core/text/suggest.h"

namespace sinkmoe::pretrained {

namespace fs = std::filesystem;

namespace {

constexpr uint64_t kMaxIndex = uint64_t{64} << 20;
constexpr const char* kSingle = "model.safetensors";
constexpr const char* kIndex = "model.safetensors.index.json";

}  // namespace

std::map<std::string, std::string> parse_index(std::string_view text, const std::string& where) {
  const nlohmann::json json = parse_json(text, where);
  JsonReader index(json, where);
  index.ignore({"metadata"});
  const nlohmann::json* shards = index.value("weight_map", true);
  index.finish();
  if (!shards->is_object() || shards->empty())
    throw Error("'weight_map' is not an object of tensors and shards", where);
  std::map<std::string, std::string> out;
  for (const auto& [tensor, value] : shards->items()) {
    const std::string file = value.is_string() ? value.get<std::string>() : "";
    if (file != fs::path(file).filename() || !safe_name(file) || !file.ends_with(".safetensors"))
      throw Error("'" + file + "' is not a name of a shard", where + ": tensor '" + tensor + "'",
                  "shards are files of the same folder that end in .safetensors");
    out[tensor] = file;
  }
  return out;
}

Checkpoint::Checkpoint(const fs::path& folder) : folder_(folder) {
  const fs::path single = folder / kSingle, index = folder / kIndex;
  if (!fs::exists(index)) {
    if (!fs::exists(single))
      throw Error("neither model.safetensors nor model.safetensors.index.json is there",
                  folder.string(), "weights in other formats must be converted first");
    files_.reserve(1);
    add_file(single);
    return;
  }
  const auto file_of = parse_index(read_file(index, kMaxIndex), index.string());
  std::set<std::string> shards;
  for (const auto& [tensor, file] : file_of) shards.insert(file);
  std::vector<Problem> missing;
  for (const std::string& shard : shards)
    if (!fs::exists(folder / shard))
      missing.push_back({"the shard '" + shard + "' is missing", folder.string(), ""});
  if (!missing.empty()) throw Error(missing);
  files_.reserve(shards.size());
  for (const std::string& shard : shards) add_file(folder / shard);
  check_index(file_of, index);
}

void Checkpoint::add_file(const fs::path& path) {
  files_.emplace_back(path);
  for (const weights::TensorEntry& entry : files_.back().tensors())
    if (!at_.emplace(entry.name, Place{files_.size() - 1, &entry}).second)
      throw Error("tensor '" + entry.name + "' is in another shard too", path.string());
}

void Checkpoint::check_index(const std::map<std::string, std::string>& file_of,
                             const fs::path& index) const {
  for (const auto& [tensor, file] : file_of) {
    const auto it = at_.find(tensor);
    if (it == at_.end() || files_[it->second.file].path().filename() != file)
      throw Error("tensor '" + tensor + "' is not in '" + file + "'", index.string());
  }
  for (const auto& [tensor, place] : at_)
    if (!file_of.contains(tensor))
      throw Error("does not name tensor '" + tensor + "' of " +
                      files_[place.file].path().filename().string(),
                  index.string());
}

std::vector<std::string> Checkpoint::names() const {
  std::vector<std::string> out;
  for (const auto& [name, place] : at_) out.push_back(name);
  return out;
}

const weights::TensorEntry& Checkpoint::entry(const std::string& name) const {
  const auto it = at_.find(name);
  if (it == at_.end())
    throw Error("no tensor '" + name + "'", folder_.string(), did_you_mean(name, names()));
  return *it->second.entry;
}

Dtype Checkpoint::dtype(const std::string& name) const {
  const std::string& dtype = entry(name).dtype;
  if (dtype == "F32") return Dtype::f32;
  if (dtype == "F16") return Dtype::f16;
  if (dtype == "BF16") return Dtype::bf16;
  throw Error("the weights are " + dtype, where(name), "F32, F16 and BF16 can be read");
}

void Checkpoint::read(const std::string& name, uint64_t offset, std::span<std::byte> into) const {
  const Place& place = at_.at(name);
  files_[place.file].read(*place.entry, offset, into);
}

std::string Checkpoint::where(const std::string& name) const {
  return files_[at_.at(name).file].path().string() + ": tensor '" + name + "'";
}

uint64_t Checkpoint::bytes() const {
  uint64_t sum = 0;
  for (const auto& [name, place] : at_) sum += place.entry->end - place.entry->begin;
  return sum;
}

}  // namespace sinkmoe::pretrained
