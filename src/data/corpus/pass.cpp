#include "data/corpus/pass.h"

#include <bit>

#include "core/error.h"

namespace sinkmoe::data {

namespace {

FilePart part_of(const CorpusFile& file) {
  return {.path = file.path, .format = file.format, .begin = file.begin, .end = file.end};
}

}  // namespace

void TextHash::add(const TextBlock& block, bool lines) {
  if (!lines) return hash_.update(block.text);
  static_assert(std::endian::native == std::endian::little);
  for (size_t i = 0; i < block.starts.size(); ++i) {
    const size_t end = i + 1 < block.starts.size() ? block.starts[i + 1] : block.text.size();
    const uint64_t bytes = end - block.starts[i];
    hash_.update(&bytes, sizeof bytes);
    hash_.update(std::string_view(block.text).substr(block.starts[i], bytes));
  }
}

PassReader::PassReader(std::span<const CorpusFile> files, BlockReader::Options options,
                       PassStart start)
    : files_(files), options_(options), start_(start) {}

std::optional<std::pair<size_t, RawBlock>> PassReader::next() {
  for (; start_.file < files_.size(); ++start_.file, start_.inside = false, reader_.reset()) {
    const FilePart part = part_of(files_[start_.file]);
    if (!reader_) reader_.emplace(part, start_.inside ? start_.at : part.begin, options_);
    RawBlock block;
    if (reader_->next(block)) return std::pair(start_.file, std::move(block));
  }
  return std::nullopt;
}

void PassCheck::add(size_t file, const TextBlock& block) {
  if (file_ != file) {
    end_file();
    file_ = file;
    // Of a file that is continued in the middle only a part is seen.
    if (!start_.inside || file != start_.file) hash_.emplace();
  }
  if (hash_) hash_->add(block, files_[file].format.lines);
}

void PassCheck::end_file() {
  if (hash_ && hash_->hex() != files_[*file_].sha256)
    throw Error("the file changed while it was read", files_[*file_].path.string());
  hash_.reset();
}

void PassCheck::end() { end_file(); }

void for_each_text(std::span<const CorpusFile> files,
                   const std::function<void(size_t, TextBlock&)>& consume) {
  for_each_block(
      files, [](size_t, TextBlock&) { return 0; },
      [&](size_t file, TextBlock& block, int) { consume(file, block); });
}

uint64_t measure(CorpusFile& file, const std::function<void(uint64_t)>& progress) {
  BlockReader reader(part_of(file), BlockReader::Options{});
  TextHash hash;
  uint64_t empty = 0;
  file.bytes = file.documents = 0;
  in_order(
      [&]() -> std::optional<RawBlock> {
        RawBlock block;
        if (!reader.next(block)) return std::nullopt;
        if (progress) progress(reader.file_bytes_read());
        return block;
      },
      [](RawBlock& block) { return text_of(std::move(block)); },
      [&](const TextBlock& block) {
        hash.add(block, file.format.lines);
        file.bytes += block.text.size();
        file.documents += block.starts.size();
        empty += block.empty;
      });
  file.sha256 = hash.hex();
  return empty;
}

std::string text_between(const CorpusFile& file, uint64_t from, uint64_t to) {
  FilePart part = part_of(file);
  part.begin = from;
  part.end = to;
  BlockReader reader(part, BlockReader::Options{.whole = true});
  RawBlock block;
  return reader.next(block) ? block.bytes : "";
}

}  // namespace sinkmoe::data
