// Strict reader and writer of safetensors files: an 8-byte little-endian header length, a JSON
// header, raw tensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace sinkmoe::weights {

struct TensorView {
  std::string name;
  std::string dtype;  // "F32", "F64", "BF16", "F16", "I64", "I32", "U8", "BOOL"
  std::vector<int64_t> shape;
  // row-major, little-endian; aligned to the element size only if the file is
  std::span<const std::byte> data;
};

// Bytes of one element; 0 for a dtype that is not in the list above.
int64_t element_bytes(const std::string& dtype);

// Writes a temporary file, fsyncs it, reads the header back, renames, fsyncs the folder. Tensors
// are stored in the given order. Returns the SHA-256 of the file. Throws Error: disk full (the old
// file stays); a tensor whose bytes do not match its dtype and shape; a name that is empty, not
// UTF-8, used twice, or "__metadata__".
std::string write_safetensors(const std::filesystem::path& path,
                              const std::vector<TensorView>& tensors,
                              const std::map<std::string, std::string>& metadata);

// A whole file in memory. Refuses a header over 16 MiB, more than 100,000 tensors, repeated names,
// offsets that do not tile the data exactly, sizes that do not match dtype and shape, and overflow.
// The Error names the file and the tensor or byte.
class Safetensors {
 public:
  explicit Safetensors(const std::filesystem::path& path, uint64_t limit_bytes = uint64_t{1} << 36);
  // The same checks on the bytes of a file; `where` is the path in errors.
  Safetensors(std::string content, const std::string& where);
  Safetensors(Safetensors&&) noexcept = default;
  Safetensors& operator=(Safetensors&&) noexcept = default;

  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  // In the order of their data. The data point into this object.
  const std::vector<TensorView>& tensors() const { return tensors_; }
  const TensorView& at(const std::string& name) const;  // throws Error with near names
  bool contains(const std::string& name) const { return index_.contains(name); }

 private:
  // on the heap, so that the views stay valid after a move
  std::unique_ptr<const std::string> content_;
  std::string where_;
  std::map<std::string, std::string> metadata_;
  std::vector<TensorView> tensors_;  // in the order of their data
  std::map<std::string, size_t> index_;
};

}  // namespace sinkmoe::weights
