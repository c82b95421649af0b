#include "data/tokens/token_writer.h"

#include <algorithm>
#include <cassert>
#include <fstream>

#include "core/error.h"
#include "data/tokens/token_layout.h"

namespace sinkmoe::data {

namespace fs = std::filesystem;

namespace {

template <class T>
void store(std::string& bytes, size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

// Adds bytes [from, to) of the file; false if it is shorter.
bool hash_range(Sha256& hash, const fs::path& path, uint64_t from, uint64_t to) {
  std::ifstream in(path, std::ios::binary);
  in.seekg(static_cast<std::streamoff>(from));
  std::string buffer(1 << 20, '\0');
  for (uint64_t left = to - from; left > 0;) {
    const uint64_t n = std::min<uint64_t>(left, buffer.size());
    if (!in.read(buffer.data(), static_cast<std::streamsize>(n))) return false;
    hash.update(buffer.data(), n);
    left -= n;
  }
  return true;
}

}  // namespace

TokenWriter::TokenWriter(const fs::path& path, Layout layout, TokenCount kept)
    : path_(path),
      layout_(std::move(layout)),
      id_bytes_(bytes_per_id(layout_.byte_lengths.size())),
      count_(kept),
      file_(path,
            kept.ids == 0 ? 0 : ids_start(layout_.byte_lengths.size()) + kept.ids * id_bytes_) {
  if (kept.ids > 0) return;
  file_.append(std::string(kTokenHeader, '\0'));  // no token file yet
  file_.append({reinterpret_cast<const char*>(layout_.byte_lengths.data()),
                2 * layout_.byte_lengths.size()});
}

void TokenWriter::append(std::span<const int32_t> ids) {
  buffer_.resize(ids.size() * id_bytes_);
  for (size_t i = 0; i < ids.size(); ++i) {
    assert(ids[i] >= 0 && static_cast<size_t>(ids[i]) < layout_.byte_lengths.size());
    std::memcpy(buffer_.data() + i * id_bytes_, &ids[i], id_bytes_);
    count_.text_bytes += layout_.byte_lengths[static_cast<size_t>(ids[i])];
  }
  count_.ids += ids.size();
  piece_->update(buffer_);
  file_.append(buffer_);
}

std::string TokenWriter::end_piece() {
  file_.sync();
  const std::string hash = piece_->hex();
  piece_ = std::make_unique<Sha256>();
  return hash;
}

TokenFileInfo TokenWriter::finish(const std::string& source_hash,
                                  const std::string& tokenizer_hash) {
  std::string header(kTokenHeader, '\0');
  header.replace(0, 8, kTokenMagic);
  store(header, 8, layout_.documents ? kDocumentsVersion : kPlainVersion);
  store(header, 12, id_bytes_);
  store(header, 16, static_cast<uint32_t>(layout_.byte_lengths.size()));
  store(header, 20, static_cast<uint32_t>(layout_.bos));
  store(header, 24, count_.ids);
  store(header, 32, count_.text_bytes);
  header.replace(kSourceAt, kHashChars, source_hash);
  header.replace(kTokenizerAt, kHashChars, tokenizer_hash);
  header.replace(kContentAt, kHashChars, kHashChars, '0');
  file_.sync();
  const uint64_t size = ids_start(layout_.byte_lengths.size()) + count_.ids * id_bytes_;
  Sha256 hash;
  hash.update(header);
  if (!hash_range(hash, path_, kTokenHeader, size))
    throw Error("the file became shorter while it was written", path_.string());
  header.replace(kContentAt, kHashChars, hash.hex());
  file_.write_front(header);
  file_.sync();
  return parse_token_header(header, size, path_.string());
}

std::string hash_of_piece(const fs::path& path, const TokenWriter::Layout& layout, uint64_t from,
                          uint64_t to) {
  const uint64_t start = ids_start(layout.byte_lengths.size());
  const uint64_t id_bytes = bytes_per_id(layout.byte_lengths.size());
  Sha256 hash;
  return hash_range(hash, path, start + from * id_bytes, start + to * id_bytes) ? hash.hex() : "";
}

}  // namespace sinkmoe::data
