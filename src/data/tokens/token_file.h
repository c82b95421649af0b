// A token file: one split of an imported text as token ids, with everything that is needed to read
// it and to count its bytes.
//
// All numbers are little-endian; V is the vocabulary size, n the number of ids.
//
//   offset  type            content
//        0  char[8]         "SMTOKENS"
//        8  u32             format version: 1, or 2 if BOS stands before each document
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

#include <boost/interprocess/mapped_region.hpp>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sinkmoe::data {

struct TokenFileInfo {
  uint32_t vocabulary = 0, bos = 0, id_bytes = 0;
  bool documents = false;  // BOS stands before each document, and nowhere else; otherwise nowhere
  uint64_t count = 0, text_bytes = 0;
  std::string source_hash, tokenizer_hash, content_hash;
};

// Largest vocabulary of a token file.
inline constexpr int64_t kMaxVocabulary = 1 << 24;

// Reads the header alone, and checks it for consistency and against the file's size. Throws Error
// that names file and byte.
TokenFileInfo read_token_info(const std::filesystem::path& path);

// A file, checked once: header, size, hash, every id. It is mapped, so that it may be longer than memory
// and processes share it; whoever replaces it must rename another one to its place. Throws Error that
// names file and byte.
class TokenFile {
 public:
  explicit TokenFile(const std::filesystem::path& path);
  // The same for bytes in memory; `where` is the path in errors.
  TokenFile(std::string content, const std::string& where);
  TokenFile(const TokenFile&) = delete;
  TokenFile& operator=(const TokenFile&) = delete;

  const TokenFileInfo& info() const { return info_; }
  uint64_t size() const { return info_.count; }
  // ids[i] = token first + i. Requires first + ids.size() <= size().
  void copy(uint64_t first, std::span<int32_t> ids) const;
  // Bytes of text of the id, which must be in the vocabulary.
  uint16_t bytes_of(int32_t id) const { return byte_lengths_[static_cast<size_t>(id)]; }
  // The places of BOS, in order; empty unless info().documents.
  std::vector<uint64_t> document_starts() const;

 private:
  void check(const std::string& where);

  std::string content_;  // or
  boost::interprocess::mapped_region region_;
  std::string_view bytes_;  // one of the two
  TokenFileInfo info_;
  std::vector<uint16_t> byte_lengths_;
  size_t ids_at_ = 0;
};

}  // namespace sinkmoe::data
