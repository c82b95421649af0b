// Writes a token file (token_file.h) piece by piece, so that it may be longer than memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/hash.h"
#include "core/system/long_file.h"
#include "data/tokens/token_file.h"

namespace sinkmoe::data {

struct TokenCount {
  uint64_t ids = 0, text_bytes = 0;
};

class TokenWriter {
 public:
  struct Layout {
    std::vector<uint16_t> byte_lengths;  // of each id: the bytes it stands for
    int32_t bos = 0;
    bool documents = false;  // BOS stands before each document
  };
  // Every function throws Error (disk full, no permission). The file is no token file before finish().
  // `kept`: what an earlier writer of the same layout wrote and synced; it continues from there.
  TokenWriter(const std::filesystem::path& path, Layout layout, TokenCount kept = {});
  void append(std::span<const int32_t> ids);
  TokenCount count() const { return count_; }
  // Returns when everything is on the disk: the hash of the ids since the last call, as stored.
  std::string end_piece();
  // Writes the header.
  TokenFileInfo finish(const std::string& source_hash, const std::string& tokenizer_hash);

 private:
  std::filesystem::path path_;
  Layout layout_;
  uint32_t id_bytes_;
  TokenCount count_;
  LongFile file_;
  std::string buffer_;
  std::unique_ptr<Sha256> piece_ = std::make_unique<Sha256>();
};

// The hash that end_piece() gave for ids [from, to) of an unfinished file; "" if they are not there.
std::string hash_of_piece(const std::filesystem::path& path, const TokenWriter::Layout& layout,
                          uint64_t from, uint64_t to);

}  // namespace sinkmoe::data
