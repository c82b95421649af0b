// The JSON header of a safetensors file: converts text to entries and back, and checks them against
// the number of data bytes.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sinkmoe::weights {

inline constexpr uint64_t kMaxSafetensorsHeader = uint64_t{16} << 20;
inline constexpr size_t kMaxSafetensorsTensors = 100000;

struct TensorEntry {
  std::string name, dtype;
  std::vector<int64_t> shape;
  uint64_t begin = 0, end = 0;  // offsets into the data part
};

struct SafetensorsHeader {
  std::vector<TensorEntry> tensors;  // by offset
  std::map<std::string, std::string> metadata;
};

// The entries of the JSON text, in its order. Checks only that the JSON is well-formed and of the
// right shape. Throws Error.
SafetensorsHeader parse_header_json(std::string_view json, const std::string& where);

// Sorts by offset, and checks that the tensors tile `data_bytes` exactly and that sizes match.
// Throws Error.
void check_layout(SafetensorsHeader& header, uint64_t data_bytes, const std::string& where);

// Number of bytes of a tensor. Throws Error (unknown dtype, negative dimension, more than 2^63
// bytes).
uint64_t tensor_bytes(const std::string& dtype, const std::vector<int64_t>& shape,
                      const std::string& where);

// The JSON text padded with spaces to a multiple of 8 bytes.
std::string header_text(const SafetensorsHeader& header);

}  // namespace sinkmoe::weights
