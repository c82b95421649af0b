#include "weights/safetensors.h"

#include <bit>
#include <cstring>
#include <fstream>
#include <set>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/text/suggest.h"
#include "core/text/utf8.h"
#include "weights/safetensors_header.h"

namespace sinkmoe::weights {

static_assert(std::endian::native == std::endian::little,
              "tensors are stored as they lie in memory");

namespace fs = std::filesystem;

namespace {

struct Dtype {
  const char* name;
  int64_t bytes;
};
constexpr Dtype kDtypes[] = {{"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2},
                             {"I64", 8}, {"I32", 4}, {"U8", 1},  {"BOOL", 1}};

// Computes the offset of every tensor. Reports all problems at once.
SafetensorsHeader lay_out(const std::vector<TensorView>& tensors,
                          const std::map<std::string, std::string>& metadata,
                          const std::string& where) {
  SafetensorsHeader header{{}, metadata};
  std::vector<Problem> problems;
  std::set<std::string> names;
  uint64_t at = 0;
  for (const TensorView& t : tensors) {
    const std::string place = where + ": tensor '" + t.name + "'";
    if (t.name.empty() || t.name == "__metadata__" || !valid_utf8(t.name))
      problems.push_back({"not a name for a tensor", place, ""});
    if (!names.insert(t.name).second) problems.push_back({"the name is repeated", place, ""});
    if (const uint64_t bytes = tensor_bytes(t.dtype, t.shape, place); bytes != t.data.size())
      problems.push_back({"dtype and shape need " + std::to_string(bytes) + " bytes, got " +
                              std::to_string(t.data.size()),
                          place, ""});
    header.tensors.push_back({t.name, t.dtype, t.shape, at, at + t.data.size()});
    at += t.data.size();
  }
  for (const auto& [key, value] : metadata)
    if (!valid_utf8(key) || !valid_utf8(value))
      problems.push_back({"metadata is not UTF-8", where + ": '" + key + "'", ""});
  if (tensors.size() > kMaxSafetensorsTensors)
    problems.push_back({"more than 100000 tensors", where, ""});
  if (!problems.empty()) throw Error(problems);
  return header;
}

void check_written(const fs::path& aside, const std::string& expected) {
  std::ifstream in(aside, std::ios::binary);
  std::string back(expected.size(), '\0');
  in.read(back.data(), static_cast<std::streamsize>(back.size()));
  if (!in || back != expected)
    throw Error("the header differs after it was written and read back", aside.string());
}

}  // namespace

int64_t element_bytes(const std::string& dtype) {
  for (const Dtype& d : kDtypes)
    if (dtype == d.name) return d.bytes;
  return 0;
}

std::string write_safetensors(const fs::path& path, const std::vector<TensorView>& tensors,
                              const std::map<std::string, std::string>& metadata) {
  const std::string text = header_text(lay_out(tensors, metadata, path.string()));
  if (text.size() > kMaxSafetensorsHeader)
    throw Error("the header is larger than 16 MiB", path.string());
  const uint64_t length = text.size();
  std::string head(reinterpret_cast<const char*>(&length), sizeof length);
  head += text;
  std::vector<std::string_view> pieces{head};
  for (const TensorView& t : tensors)
    pieces.emplace_back(reinterpret_cast<const char*>(t.data.data()), t.data.size());
  Sha256 hash;
  for (std::string_view piece : pieces) hash.update(piece);
  write_file_atomic(path, pieces, [&](const fs::path& aside) { check_written(aside, head); });
  return hash.hex();
}

Safetensors::Safetensors(const fs::path& path, uint64_t limit_bytes)
    : Safetensors(read_file(path, limit_bytes), path.string()) {}

Safetensors::Safetensors(std::string content, const std::string& where)
    : content_(std::make_unique<const std::string>(std::move(content))), where_(where) {
  const std::string_view bytes = *content_;
  uint64_t length = 0;
  if (bytes.size() < sizeof length)
    throw Error("too short for a safetensors file", where + ": byte 0");
  std::memcpy(&length, bytes.data(), sizeof length);
  if (length > kMaxSafetensorsHeader)
    throw Error("a header of " + std::to_string(length) + " bytes, the limit is 16 MiB",
                where + ": byte 0", "is it a safetensors file?");
  if (length > bytes.size() - sizeof length)
    throw Error("the header has " + std::to_string(length) + " bytes, the file ends before",
                where + ": byte 8", "the file is truncated");
  const std::string_view data = bytes.substr(sizeof length + length);
  SafetensorsHeader header = parse_header_json(bytes.substr(sizeof length, length), where);
  check_layout(header, data.size(), where);
  metadata_ = std::move(header.metadata);
  for (TensorEntry& t : header.tensors) {
    index_[t.name] = tensors_.size();
    const auto part = std::as_bytes(std::span(data)).subspan(t.begin, t.end - t.begin);
    tensors_.push_back({std::move(t.name), std::move(t.dtype), std::move(t.shape), part});
  }
}

const TensorView& Safetensors::at(const std::string& name) const {
  if (const auto it = index_.find(name); it != index_.end()) return tensors_[it->second];
  std::vector<std::string> names;
  for (const TensorView& t : tensors_) names.push_back(t.name);
  throw Error("no tensor '" + name + "'", where_, did_you_mean(name, names));
}

}  // namespace sinkmoe::weights
