// A safetensors file that stays on disk: only its header is in memory, tensors are read one at a
// time. For checkpoints that are larger than memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "weights/safetensors_header.h"

namespace sinkmoe::weights {

// Plain reads instead of a memory map: a file that someone truncates meanwhile gives an Error
// instead of a bus error, and pages that were read do not count as memory of this process.
class SafetensorsFile {
 public:
  // Opens the file and checks its header as Safetensors does (docs/weights_format.md): a file that
  // was cut short is refused here. Throws Error.
  explicit SafetensorsFile(const std::filesystem::path& path);
  ~SafetensorsFile();
  SafetensorsFile(SafetensorsFile&& other) noexcept;
  SafetensorsFile(const SafetensorsFile&) = delete;
  SafetensorsFile& operator=(const SafetensorsFile&) = delete;

  const std::vector<TensorEntry>& tensors() const { return header_.tensors; }
  const TensorEntry* find(const std::string& name) const;  // null: not in this file
  const std::filesystem::path& path() const { return path_; }

  // Fills `into` with the bytes of `tensor` from `offset` on. Throws Error (the file has become
  // shorter, a disk that fails). Thread-safe.
  void read(const TensorEntry& tensor, uint64_t offset, std::span<std::byte> into) const;

 private:
  void read_at(uint64_t offset, std::span<std::byte> into) const;

  std::filesystem::path path_;
  int file_ = -1;
  uint64_t data_begin_ = 0;
  SafetensorsHeader header_;
  std::map<std::string, size_t> index_;
};

}  // namespace sinkmoe::weights
