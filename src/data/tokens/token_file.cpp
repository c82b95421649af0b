#include "data/tokens/token_file.h"

#include <algorithm>
#include <bit>
#include <boost/interprocess/exceptions.hpp>
#include <boost/interprocess/file_mapping.hpp>
#include <cassert>
#include <fstream>

#include "core/error.h"
#include "core/hash.h"
#include "data/tokens/token_layout.h"

namespace sinkmoe::data {

static_assert(std::endian::native == std::endian::little,
              "token files are read as they lie in memory");

namespace fs = std::filesystem;

namespace {

template <class T>
T load(std::string_view bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

[[noreturn]] void refuse(const std::string& what, const std::string& where, uint64_t byte) {
  throw Error(what, where + ": byte " + std::to_string(byte),
              "import the text again with 'sinkmoe data import'");
}

std::string hash_at(std::string_view header, size_t at, const std::string& where) {
  const std::string text(header.substr(at, kHashChars));
  if (text.find_first_not_of("0123456789abcdef") != std::string::npos)
    refuse("not a hash", where, at);
  return text;
}

std::string content_hash(std::string_view file) {
  Sha256 hash;
  hash.update(file.substr(0, kContentAt));
  hash.update(std::string(kHashChars, '0'));
  hash.update(file.substr(kContentAt + kHashChars));
  return hash.hex();
}

// Bytes of text of all ids. `Id` is the type in which the ids are stored.
template <class Id>
uint64_t check_ids(std::string_view content, const TokenFileInfo& info,
                   std::span<const uint16_t> byte_lengths, const std::string& where) {
  uint64_t text_bytes = 0;
  for (uint64_t i = 0; i < info.count; ++i) {
    const uint64_t at = ids_start(info.vocabulary) + i * sizeof(Id);
    const Id id = load<Id>(content, at);
    if (id >= info.vocabulary)
      refuse("id " + std::to_string(id) + " is outside the vocabulary of " +
                 std::to_string(info.vocabulary),
             where, at);
    if (id == info.bos && !info.documents) refuse("BOS inside the text", where, at);
    if (id != info.bos && info.documents && i == 0)
      refuse("no BOS before the first document", where, at);
    text_bytes += byte_lengths[id];
  }
  return text_bytes;
}

}  // namespace

TokenFileInfo parse_token_header(std::string_view bytes, uint64_t file_size,
                                 const std::string& where) {
  if (bytes.size() < kTokenHeader)
    refuse("the file is too short for a token file", where, bytes.size());
  if (!bytes.starts_with(kTokenMagic)) refuse("not a token file", where, 0);
  const auto version = load<uint32_t>(bytes, 8);
  if (version != kPlainVersion && version != kDocumentsVersion)
    refuse("token file version " + std::to_string(version) + ", this program reads 1 and 2", where,
           8);
  TokenFileInfo info;
  info.documents = version == kDocumentsVersion;
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
  if (info.count > (UINT64_MAX - ids_start(info.vocabulary)) / info.id_bytes ||
      ids_start(info.vocabulary) + info.count * info.id_bytes != file_size)
    refuse("the header says " + std::to_string(info.count) + " ids, the file has " +
               std::to_string(file_size) + " bytes: it was truncated, or something was appended",
           where,
           std::min<uint64_t>(file_size, ids_start(info.vocabulary) + info.count * info.id_bytes));
  info.source_hash = hash_at(bytes, kSourceAt, where);
  info.tokenizer_hash = hash_at(bytes, kTokenizerAt, where);
  info.content_hash = hash_at(bytes, kContentAt, where);
  return info;
}

TokenFileInfo read_token_info(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error))
    throw Error("no token file here", path.string(), "make one with 'sinkmoe data import'");
  const uint64_t size = fs::file_size(path, error);
  std::ifstream in(path, std::ios::binary);
  std::string header(kTokenHeader, '\0');
  in.read(header.data(), kTokenHeader);
  header.resize(static_cast<size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  if (error || in.bad() || (header.empty() && size > 0))
    throw Error("the file cannot be read", path.string());
  return parse_token_header(header, size, path.string());
}

TokenFile::TokenFile(const fs::path& path) {
  namespace ip = boost::interprocess;
  info_ = read_token_info(path);
  try {
    const ip::file_mapping mapping(path.c_str(), ip::read_only);
    region_ = ip::mapped_region(mapping, ip::read_only);
  } catch (const ip::interprocess_exception& e) {
    throw Error(std::string("the file cannot be mapped: ") + e.what(), path.string());
  }
  bytes_ = {static_cast<const char*>(region_.get_address()), region_.get_size()};
  check(path.string());
}

TokenFile::TokenFile(std::string content, const std::string& where)
    : content_(std::move(content)), bytes_(content_) {
  check(where);
}

void TokenFile::check(const std::string& where) {
  info_ = parse_token_header(bytes_, bytes_.size(), where);
  if (content_hash(bytes_) != info_.content_hash)
    refuse("the content does not match its hash: the file is damaged", where, kContentAt);
  ids_at_ = ids_start(info_.vocabulary);
  byte_lengths_.resize(info_.vocabulary);
  std::memcpy(byte_lengths_.data(), bytes_.data() + kTokenHeader, 2 * byte_lengths_.size());
  const uint64_t text_bytes = info_.id_bytes == 2
                                  ? check_ids<uint16_t>(bytes_, info_, byte_lengths_, where)
                                  : check_ids<uint32_t>(bytes_, info_, byte_lengths_, where);
  if (text_bytes != info_.text_bytes)
    refuse("the ids stand for " + std::to_string(text_bytes) + " bytes of text, the header says " +
               std::to_string(info_.text_bytes),
           where, 32);
}

void TokenFile::copy(uint64_t first, std::span<int32_t> ids) const {
  assert(first + ids.size() <= size());
  for (size_t i = 0; i < ids.size(); ++i) {
    const size_t at = ids_at_ + (first + i) * info_.id_bytes;
    ids[i] = info_.id_bytes == 2 ? load<uint16_t>(bytes_, at)
                                 : static_cast<int32_t>(load<uint32_t>(bytes_, at));
  }
}

std::vector<uint64_t> TokenFile::document_starts() const {
  std::vector<uint64_t> starts;
  std::vector<int32_t> ids(4096);
  for (uint64_t at = 0; info_.documents && at < size(); at += ids.size()) {
    const auto some = std::span(ids).first(std::min<uint64_t>(ids.size(), size() - at));
    copy(at, some);
    for (size_t i = 0; i < some.size(); ++i)
      if (some[i] == static_cast<int32_t>(info_.bos)) starts.push_back(at + i);
  }
  return starts;
}

}  // namespace sinkmoe::data
