#include "data/tokens/token_file.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <fstream>
#include <numeric>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"

namespace sinkmoe::data {

static_assert(std::endian::native == std::endian::little,
              "token files are read as they lie in memory");

namespace fs = std::filesystem;

namespace {

constexpr char kMagic[] = "SMTOKENS";
constexpr uint32_t kVersion = 1;
constexpr size_t kHash = 64, kSourceAt = 40, kTokenizerAt = 104, kContentAt = 168, kHeader = 232;

uint32_t bytes_per_id(uint64_t vocabulary) { return vocabulary <= 65536 ? 2 : 4; }

template <class T>
T load(std::string_view bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

template <class T>
void store(std::string& bytes, size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

[[noreturn]] void refuse(const std::string& what, const std::string& where, uint64_t byte) {
  throw Error(what, where + ": byte " + std::to_string(byte),
              "import the text again with 'sinkmoe data import'");
}

std::string hash_at(std::string_view header, size_t at, const std::string& where) {
  const std::string text(header.substr(at, kHash));
  if (text.find_first_not_of("0123456789abcdef") != std::string::npos)
    refuse("not a hash", where, at);
  return text;
}

// Offset of the ids; also the number of bytes of header and table.
uint64_t ids_start(const TokenFileInfo& info) { return kHeader + 2 * uint64_t{info.vocabulary}; }

TokenFileInfo parse_header(std::string_view bytes, uint64_t file_size, const std::string& where) {
  if (bytes.size() < kHeader) refuse("the file is too short for a token file", where, bytes.size());
  if (!bytes.starts_with(kMagic)) refuse("not a token file", where, 0);
  if (const auto version = load<uint32_t>(bytes, 8); version != kVersion)
    refuse("token file version " + std::to_string(version) + ", this program reads version 1",
           where, 8);
  TokenFileInfo info;
  info.id_bytes = load<uint32_t>(bytes, 12);
  info.vocabulary = load<uint32_t>(bytes, 16);
  info.bos = load<uint32_t>(bytes, 20);
  info.count = load<uint64_t>(bytes, 24);
  info.text_bytes = load<uint64_t>(bytes, 32);
  if (info.vocabulary < 2 || info.vocabulary > kMaxVocabulary)
    refuse("a vocabulary of " + std::to_string(info.vocabulary), where, 16);
  if (info.id_bytes != bytes_per_id(info.vocabulary))
    refuse(std::to_string(info.id_bytes) + " bytes an id do not fit the vocabulary", where, 12);
  if (info.bos >= info.vocabulary) refuse("BOS is outside the vocabulary", where, 20);
  if (info.count == 0) refuse("the file holds no tokens", where, 24);
  if (info.count > (UINT64_MAX - ids_start(info)) / info.id_bytes ||
      ids_start(info) + info.count * info.id_bytes != file_size)
    refuse("the header says " + std::to_string(info.count) + " ids, the file has " +
               std::to_string(file_size) + " bytes: it was truncated, or something was appended",
           where, std::min<uint64_t>(file_size, ids_start(info) + info.count * info.id_bytes));
  info.source_hash = hash_at(bytes, kSourceAt, where);
  info.tokenizer_hash = hash_at(bytes, kTokenizerAt, where);
  info.content_hash = hash_at(bytes, kContentAt, where);
  return info;
}

std::string content_hash(std::string_view header, std::span<const std::string_view> rest) {
  Sha256 hash;
  hash.update(header.substr(0, kContentAt));
  hash.update(std::string(kHash, '0'));
  hash.update(header.substr(kContentAt + kHash));
  for (std::string_view piece : rest) hash.update(piece);
  return hash.hex();
}

// Bytes of text of all ids. `Id` is the type in which the ids are stored.
template <class Id>
uint64_t check_ids(const std::string& content, const TokenFileInfo& info,
                   std::span<const uint16_t> byte_lengths, const std::string& where) {
  uint64_t text_bytes = 0;
  for (uint64_t i = 0; i < info.count; ++i) {
    const uint64_t at = ids_start(info) + i * sizeof(Id);
    const Id id = load<Id>(content, at);
    if (id >= info.vocabulary)
      refuse("id " + std::to_string(id) + " is outside the vocabulary of " +
                 std::to_string(info.vocabulary),
             where, at);
    if (id == info.bos) refuse("BOS inside the text", where, at);
    text_bytes += byte_lengths[id];
  }
  return text_bytes;
}

}  // namespace

TokenWriter::TokenWriter(std::vector<uint16_t> byte_lengths, int32_t bos)
    : byte_lengths_(std::move(byte_lengths)),
      bos_(static_cast<uint32_t>(bos)),
      id_bytes_(bytes_per_id(byte_lengths_.size())) {}

void TokenWriter::append(std::span<const int32_t> ids) {
  const size_t at = ids_.size();
  ids_.resize(at + ids.size() * id_bytes_);
  for (size_t i = 0; i < ids.size(); ++i) {
    assert(ids[i] >= 0 && static_cast<size_t>(ids[i]) < byte_lengths_.size());
    std::memcpy(ids_.data() + at + i * id_bytes_, &ids[i], id_bytes_);
    text_bytes_ += byte_lengths_[static_cast<size_t>(ids[i])];
  }
  count_ += ids.size();
}

TokenFileInfo TokenWriter::write(const fs::path& path, const std::string& source_hash,
                                 const std::string& tokenizer_hash) const {
  std::string header(kHeader, '\0');
  header.replace(0, 8, kMagic);
  store(header, 8, kVersion);
  store(header, 12, id_bytes_);
  store(header, 16, static_cast<uint32_t>(byte_lengths_.size()));
  store(header, 20, bos_);
  store(header, 24, count_);
  store(header, 32, text_bytes_);
  header.replace(kSourceAt, kHash, source_hash);
  header.replace(kTokenizerAt, kHash, tokenizer_hash);
  const std::string_view table(reinterpret_cast<const char*>(byte_lengths_.data()),
                               2 * byte_lengths_.size());
  header.replace(kContentAt, kHash,
                 content_hash(header, std::vector<std::string_view>{table, ids_}));
  write_file_atomic(path, std::vector<std::string_view>{header, table, ids_});
  return parse_header(header, header.size() + table.size() + ids_.size(), path.string());
}

TokenFileInfo read_token_info(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error))
    throw Error("no token file here", path.string(), "make one with 'sinkmoe data import'");
  const uint64_t size = fs::file_size(path, error);
  std::ifstream in(path, std::ios::binary);
  std::string header(kHeader, '\0');
  in.read(header.data(), kHeader);
  header.resize(static_cast<size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  if (error || in.bad() || (header.empty() && size > 0))
    throw Error("the file cannot be read", path.string());
  return parse_header(header, size, path.string());
}

TokenFile::TokenFile(const fs::path& path, uint64_t limit_bytes)
    : TokenFile(read_file(path, limit_bytes), path.string()) {}

TokenFile::TokenFile(std::string content, const std::string& where)
    : content_(std::move(content)), info_(parse_header(content_, content_.size(), where)) {
  const std::string_view bytes = content_;
  if (content_hash(bytes, {}) != info_.content_hash)
    refuse("the content does not match its hash: the file is damaged", where, kContentAt);
  ids_at_ = ids_start(info_);
  byte_lengths_.resize(info_.vocabulary);
  std::memcpy(byte_lengths_.data(), content_.data() + kHeader, 2 * byte_lengths_.size());
  const uint64_t text_bytes = info_.id_bytes == 2
                                  ? check_ids<uint16_t>(content_, info_, byte_lengths_, where)
                                  : check_ids<uint32_t>(content_, info_, byte_lengths_, where);
  if (text_bytes != info_.text_bytes)
    refuse("the ids stand for " + std::to_string(text_bytes) + " bytes of text, the header says " +
               std::to_string(info_.text_bytes),
           where, 32);
}

void TokenFile::copy(uint64_t first, std::span<int32_t> ids) const {
  assert(first + ids.size() <= size());
  for (size_t i = 0; i < ids.size(); ++i) {
    const size_t at = ids_at_ + (first + i) * info_.id_bytes;
    ids[i] = info_.id_bytes == 2 ? load<uint16_t>(content_, at)
                                 : static_cast<int32_t>(load<uint32_t>(content_, at));
  }
}

}  // namespace sinkmoe::data
