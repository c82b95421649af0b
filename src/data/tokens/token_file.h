// A token file: one split of an imported text as token ids, with everything that is needed to read
// it and to count its bytes.
//
// All numbers are little-endian; V is the vocabulary size, n the number of ids.
//
//   offset  type            content
//        0  char[8]         "SMTOKENS"
//        8  u32             format version, 1
//       12  u32             bytes per id: 2 if V <= 65536, else 4
//       16  u32             V
//       20  u32             id of BOS
//       24  u64             n
//       32  u64             bytes of text that the ids stand for
//       40  char[64]        SHA-256 of the text
//      104  char[64]        SHA-256 of the tokenizer
//      168  char[64]        SHA-256 of this file with these 64 characters set to '0'
//      232  u16[V]          bytes of text that each id stands for; 0 for BOS
// 232 + 2V  u16[n] / u32[n] the ids
//
// Hashes are 64 lower-case hexadecimal digits.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace sinkmoe::data {

struct TokenFileInfo {
  uint32_t vocabulary = 0, bos = 0, id_bytes = 0;
  uint64_t count = 0, text_bytes = 0;
  std::string source_hash, tokenizer_hash, content_hash;
};

// Largest vocabulary of a token file.
inline constexpr int64_t kMaxVocabulary = 1 << 24;

// Collects ids and writes them to a file.
class TokenWriter {
 public:
  // `byte_lengths[id]` is the number of bytes the id stands for.
  TokenWriter(std::vector<uint16_t> byte_lengths, int32_t bos);
  void append(std::span<const int32_t> ids);
  uint64_t count() const { return count_; }
  // Returns what was written. Throws Error (disk full, no permission) and leaves nothing
  // half-written.
  TokenFileInfo write(const std::filesystem::path& path, const std::string& source_hash,
                      const std::string& tokenizer_hash) const;

 private:
  std::vector<uint16_t> byte_lengths_;
  uint32_t bos_, id_bytes_;
  uint64_t count_ = 0, text_bytes_ = 0;
  std::string ids_;  // as stored in the file
};

// Reads the header alone, and checks it for consistency and against the file's size. Throws Error
// that names file and byte.
TokenFileInfo read_token_info(const std::filesystem::path& path);

// A whole file in memory, checked once: header, size, hash, every id. Throws Error that names file
// and byte.
class TokenFile {
 public:
  explicit TokenFile(const std::filesystem::path& path, uint64_t limit_bytes = uint64_t{1} << 36);
  // The same for the bytes of a file; `where` is the path in errors.
  TokenFile(std::string content, const std::string& where);

  const TokenFileInfo& info() const { return info_; }
  uint64_t size() const { return info_.count; }
  // ids[i] = token first + i. Requires first + ids.size() <= size().
  void copy(uint64_t first, std::span<int32_t> ids) const;
  // Bytes of text of the id, which must be in the vocabulary.
  uint16_t bytes_of(int32_t id) const { return byte_lengths_[static_cast<size_t>(id)]; }

 private:
  std::string content_;
  TokenFileInfo info_;
  std::vector<uint16_t> byte_lengths_;
  size_t ids_at_ = 0;
};

}  // namespace sinkmoe::data
