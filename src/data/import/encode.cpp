#include "data/import/encode.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <set>
#include <thread>

namespace sinkmoe::data {

namespace fs = std::filesystem;

namespace {

constexpr size_t kRemembered = 600000;  // chunks, in all threads together

}  // namespace

TokenWriter::Layout token_layout(const Tokenizer& tokenizer, bool documents) {
  TokenWriter::Layout layout{.bos = tokenizer.bos(), .documents = documents};
  for (const std::string& piece : tokenizer.pieces()) {
    assert(piece.size() <= UINT16_MAX);
    layout.byte_lengths.push_back(static_cast<uint16_t>(piece.size()));
  }
  return layout;
}

void drop_damaged_pieces(Journal& journal, const fs::path& folder,
                         const TokenWriter::Layout& layout) {
  std::map<std::string, uint64_t> ids;  // that are right, of each split
  std::set<std::string> damaged;
  std::erase_if(journal.pieces, [&](const FinishedPiece& piece) {
    const uint64_t from = ids[piece.split], to = piece.count.ids;
    const fs::path path = folder / (piece.split + ".tokens");
    if (to < from || hash_of_piece(path, layout, from, to) != piece.hash)
      damaged.insert(piece.split);
    ids[piece.split] = to;
    return damaged.contains(piece.split);
  });
}

SplitEncoder::SplitEncoder(const Tokenizer& tokenizer, EncodeOptions options,
                           const Journal& journal, JournalWriter& writer)
    : tokenizer_(tokenizer),
      options_(std::move(options)),
      journal_(journal),
      writer_(writer),
      layout_(token_layout(tokenizer, options_.documents)) {}

std::vector<int32_t> SplitEncoder::encode(const TextBlock& block) {
  std::unique_ptr<CachedEncoder> encoder;
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      encoder = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (!encoder) {
    const size_t threads = std::max(1u, std::thread::hardware_concurrency()) + 1;
    encoder =
        std::make_unique<CachedEncoder>(tokenizer_, std::max<size_t>(kRemembered / threads, 20000));
  }
  std::vector<int32_t> ids;
  const std::string_view text = block.text;
  size_t at = 0;
  for (const size_t start : block.starts) {
    if (start > at) encoder->encode(text.substr(at, start - at), ids);
    if (options_.documents) ids.push_back(tokenizer_.bos());
    at = start;
  }
  if (at < text.size()) encoder->encode(text.substr(at), ids);
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(encoder));
  return ids;
}

TokenFileInfo SplitEncoder::write(const std::string& split, std::span<const CorpusFile> files,
                                  const fs::path& folder, const std::string& source_hash) {
  const fs::path path = folder / (split + ".tokens");
  const FinishedPiece* kept = nullptr;
  for (const FinishedPiece& piece : journal_.pieces)
    if (piece.split == split) kept = &piece;
  TokenWriter writer(path, layout_, kept ? kept->count : TokenCount{});
  uint64_t since = 0;  // bytes of text that are in no piece yet
  if (kept) options_.progress(kept->count.text_bytes);
  const auto end_piece = [&](PassStart next) {
    since = 0;
    const std::string hash = writer.end_piece();
    writer_.add({.split = split, .next = next, .count = writer.count(), .hash = hash});
  };
  for_each_block(
      files, [this](size_t, const TextBlock& block) { return encode(block); },
      [&](size_t file, const TextBlock& block, const std::vector<int32_t>& ids) {
        writer.append(ids);
        since += block.text.size();
        if (since >= options_.piece_bytes) end_piece({file, block.end, true});
        options_.progress(block.text.size());
      },
      {.whole = !tokenizer_.in_chunks()}, kept ? kept->next : PassStart{});
  if (writer_.has_pieces() && since > 0) end_piece({files.size(), 0, false});
  return writer.finish(source_hash, tokenizer_.hash());
}

}  // namespace sinkmoe::data
