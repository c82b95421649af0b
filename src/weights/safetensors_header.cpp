#include "weights/safetensors_header.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "core/error.h"
#include "weights/safetensors.h"

namespace sinkmoe::weights {

namespace {

using Json = nlohmann::json;

// Reads the header as a stream of events. No document is built, so a hostile header costs no more
// memory than its text, and a repeated key is noticed (a document would keep the last one).
//
//   level 1: tensor names and "__metadata__";  level 2: fields of a tensor, or metadata pairs;
//   arrays hold integers.
class HeaderReader : public nlohmann::json_sax<Json> {
 public:
  explicit HeaderReader(std::string where) : where_(std::move(where)) {}
  SafetensorsHeader header;

  bool null() override { return refuse("a null"); }
  bool boolean(bool) override { return refuse("a boolean"); }
  bool number_float(number_float_t, const string_t&) override {
    return refuse("a fraction or too large a number");
  }
  bool binary(binary_t&) override { return refuse("binary data"); }
  bool number_integer(number_integer_t) override { return refuse("a negative number"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (array_ == nullptr) return refuse("a number");
    if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
      return refuse("too large a number");
    array_->push_back(static_cast<int64_t>(value));
    if (array_->size() > 64) return refuse("an array of more than 64 numbers");
    return true;
  }

  bool string(string_t& value) override {
    if (array_ != nullptr || level_ != 2) return refuse("a string");
    if (in_metadata_) {
      header.metadata[key_] = value;
      return true;
    }
    if (key_ != "dtype") return refuse("a string");
    header.tensors.back().dtype = value;
    return true;
  }

  bool start_object(size_t) override {
    if (array_ != nullptr || level_ == 2) return refuse("an object");
    if (++level_ == 1) return true;
    in_metadata_ = name_ == "__metadata__";
    seen_.clear();
    if (in_metadata_) return true;
    if (header.tensors.size() == kMaxSafetensorsTensors)
      throw Error("more than " + std::to_string(kMaxSafetensorsTensors) + " tensors", where_);
    header.tensors.push_back({.name = name_});
    return true;
  }

  bool key(string_t& value) override {
    if (level_ == 1) {
      name_ = value;
      key_.clear();
      if (name_.empty()) throw Error("a tensor without a name", where_);
      if (!names_.insert(value).second) throw Error("the name is repeated", place());
      return true;
    }
    key_ = value;
    if (!seen_.insert(value).second) throw Error("the key '" + value + "' is repeated", place());
    if (!in_metadata_ && value != "dtype" && value != "shape" && value != "data_offsets")
      throw Error("unknown key '" + value + "'", place());
    return true;
  }

  bool end_object() override {
    if (level_ == 2 && !in_metadata_ && seen_.size() != 3)
      throw Error("a tensor needs dtype, shape and data_offsets", where_ + ": '" + name_ + "'");
    --level_;
    key_.clear();
    return true;
  }

  bool start_array(size_t) override {
    if (array_ != nullptr || level_ != 2 || in_metadata_ || key_ == "dtype")
      return refuse("an array");
    numbers_.clear();
    array_ = &numbers_;
    return true;
  }

  bool end_array() override {
    array_ = nullptr;
    TensorEntry& tensor = header.tensors.back();
    if (key_ == "shape") {
      tensor.shape = numbers_;
      return true;
    }
    if (numbers_.size() != 2) throw Error("data_offsets must be two numbers", place());
    tensor.begin = static_cast<uint64_t>(numbers_[0]);
    tensor.end = static_cast<uint64_t>(numbers_[1]);
    return true;
  }

  bool parse_error(size_t position, const std::string&, const Json::exception&) override {
    throw Error("the header is not well-formed JSON",
                where_ + ": byte " + std::to_string(8 + position));
  }

 private:
  std::string place() const {
    return where_ + ": '" + name_ + "'" + (key_.empty() ? "" : " " + key_);
  }
  bool refuse(const std::string& what) {
    throw Error(what + " is not allowed here", level_ == 0 ? where_ + ": header" : place());
  }

  std::string where_, name_, key_;
  int level_ = 0;
  bool in_metadata_ = false;
  std::set<std::string> names_, seen_;
  std::vector<int64_t> numbers_;
  std::vector<int64_t>* array_ = nullptr;  // &numbers_ inside an array
};

}  // namespace

SafetensorsHeader parse_header_json(std::string_view json, const std::string& where) {
  HeaderReader reader(where);
  if (json.empty() || json.front() != '{')
    throw Error("the header is not a JSON object", where + ": byte 8");
  Json::sax_parse(json.begin(), json.end(), &reader);
  return std::move(reader.header);
}

uint64_t tensor_bytes(const std::string& dtype, const std::vector<int64_t>& shape,
                      const std::string& where) {
  int64_t bytes = element_bytes(dtype);
  if (bytes == 0)
    throw Error("unknown dtype '" + dtype + "'", where,
                "known: F64, F32, F16, BF16, I64, I32, U8 and BOOL");
  for (int64_t size : shape) {
    if (size < 0) throw Error("a negative dimension", where);
    if (__builtin_mul_overflow(bytes, size, &bytes))
      throw Error("the shape has more than 2^63 bytes", where);
  }
  return static_cast<uint64_t>(bytes);
}

void check_layout(SafetensorsHeader& header, uint64_t data_bytes, const std::string& where) {
  // An empty tensor has the same offset as its neighbour and comes first.
  std::stable_sort(header.tensors.begin(), header.tensors.end(),
                   [](const TensorEntry& a, const TensorEntry& b) {
                     return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
                   });
  uint64_t at = 0;
  for (const TensorEntry& tensor : header.tensors) {
    const std::string place = where + ": tensor '" + tensor.name + "'";
    const std::string offsets = std::to_string(tensor.begin) + ".." + std::to_string(tensor.end);
    if (tensor.end < tensor.begin || tensor.end > data_bytes)
      throw Error("offsets " + offsets + " lie outside the " + std::to_string(data_bytes) +
                      " bytes of data",
                  place);
    if (tensor.begin != at)
      throw Error("offsets " + offsets +
                      (tensor.begin < at ? " overlap the tensor before" : " leave a hole before") +
                      ", expected to begin at " + std::to_string(at),
                  place);
    const uint64_t bytes = tensor_bytes(tensor.dtype, tensor.shape, place);
    if (bytes != tensor.end - tensor.begin)
      throw Error("dtype and shape need " + std::to_string(bytes) + " bytes, the offsets give " +
                      std::to_string(tensor.end - tensor.begin),
                  place);
    at = tensor.end;
  }
  if (at != data_bytes)
    throw Error(std::to_string(data_bytes - at) + " bytes after the last tensor belong to none",
                where);
}

std::string header_text(const SafetensorsHeader& header) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  if (!header.metadata.empty()) json["__metadata__"] = header.metadata;
  // Appends without looking up the key, because ordered_json searches in linear time.
  auto& pairs = json.get_ref<nlohmann::ordered_json::object_t&>();
  for (const TensorEntry& tensor : header.tensors) {
    nlohmann::ordered_json entry;
    entry["dtype"] = tensor.dtype;
    entry["shape"] = tensor.shape;
    entry["data_offsets"] = {tensor.begin, tensor.end};
    pairs.std::vector<std::pair<const std::string, nlohmann::ordered_json>>::emplace_back(
        tensor.name, entry);
  }
  std::string text = json.dump();
  text.append((8 - text.size() % 8) % 8, ' ');
  return text;
}

}  // namespace sinkmoe::weights
