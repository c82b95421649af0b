// A safetensors file that stays on disk: only its header is in memory, and tensors are read one by
// one. For checkpoints larger than memory.
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

// Uses plain reads instead of a memory map: if the file is truncated in the meantime, this gives an
// Error instead of a bus error, and the pages read do not count as memory of this process.
class SafetensorsFile {
 public:
  // Opens the file and checks its header as Safetensors does (docs/weights_format.md). A truncated
  // file is refused here. Throws Error.
  explicit SafetensorsFile(const std::filesystem::path& path);
  ~SafetensorsFile();
  SafetensorsFile(SafetensorsFile&& other) noexcept;
  SafetensorsFile(const SafetensorsFile&) = delete;
  SafetensorsFile& operator=(const SafetensorsFile&) = delete;

  const std::vector<TensorEntry>& tensors() const { return header_.tensors; }
  const TensorEntry* find(const std::string& name) const;  // nullptr: not in this file
  const std::filesystem::path& path() const { return path_; }

  // Fills `into` with the bytes of `tensor` from `offset` on. Throws Error (the file has become
  // shorter, the disk fails). Thread-safe.
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
