// One pass over the text of files that may be longer than memory.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "core/hash.h"
#include "data/corpus/corpus.h"
#include "data/documents/block_reader.h"
#include "data/documents/in_order.h"

namespace sinkmoe::data {

// SHA-256 of a text that comes in blocks: of its bytes, or, for JSON lines, of the documents, each
// after its length in eight bytes (little-endian). So the form of the lines and their other fields
// play no part.
class TextHash {
 public:
  void add(const TextBlock& block, bool lines);
  std::string hex() { return hash_.hex(); }

 private:
  Sha256 hash_;
};

struct PassStart {
  size_t file = 0;
  uint64_t at = 0;  // place in this file, if `inside`
  bool inside = false;
};

// The blocks of the files, one after the other.
class PassReader {
 public:
  PassReader(std::span<const CorpusFile> files, BlockReader::Options options, PassStart start);
  std::optional<std::pair<size_t, RawBlock>> next();  // number of the file, and its block

 private:
  std::span<const CorpusFile> files_;
  BlockReader::Options options_;
  PassStart start_;
  std::optional<BlockReader> reader_;
};

// Throws Error if a file is not what find_corpus saw.
class PassCheck {
 public:
  PassCheck(std::span<const CorpusFile> files, PassStart start) : files_(files), start_(start) {}
  void add(size_t file, const TextBlock& block);
  void end();

 private:
  void end_file();

  std::span<const CorpusFile> files_;
  PassStart start_;
  std::optional<size_t> file_;
  std::optional<TextHash> hash_;
};

// Calls work(file, block) on all cores and consume(file, block, result) here, in the order of the text.
// Throws Error: as BlockReader and text_of; a file changed since find_corpus.
template <class Work, class Consume>
void for_each_block(std::span<const CorpusFile> files, Work&& work, Consume&& consume,
                    BlockReader::Options options = {}, PassStart start = {}) {
  PassReader reader(files, options, start);
  PassCheck check(files, start);
  using Result = std::decay_t<std::invoke_result_t<Work&, size_t, TextBlock&>>;
  struct Done {
    size_t file;
    TextBlock block;
    Result result;
  };
  in_order([&] { return reader.next(); },
           [&](std::pair<size_t, RawBlock>& raw) {
             TextBlock block = text_of(std::move(raw.second));
             Result result = work(raw.first, block);
             return Done{raw.first, std::move(block), std::move(result)};
           },
           [&](Done done) {
             check.add(done.file, done.block);
             consume(done.file, done.block, done.result);
           });
  check.end();
}

// The same without work on all cores.
void for_each_text(std::span<const CorpusFile> files,
                   const std::function<void(size_t, TextBlock&)>& consume);

// Sets bytes, documents and hash of the file's part. Returns how many documents are empty.
// `progress(n)`: n bytes of the file have been read.
uint64_t measure(CorpusFile& file, const std::function<void(uint64_t)>& progress = {});

// Bytes [from, to) of a file of plain text.
std::string text_between(const CorpusFile& file, uint64_t from, uint64_t to);

}  // namespace sinkmoe::data
