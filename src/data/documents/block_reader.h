// Reads a file of text in blocks of about a megabyte, so that its size does not matter.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "data/documents/byte_stream.h"
#include "data/documents/json_lines.h"

namespace sinkmoe::data {

// Places in a file are counted in bytes of text (.txt) or in lines (.jsonl).
struct FilePart {
  std::filesystem::path path;
  TextFormat format;
  uint64_t begin = 0, end = UINT64_MAX;
};

// Bytes as they are in the file. Blocks are cut so that each can be read alone: between lines of JSON,
// or where no token crosses (tokenizer.h, first_chunk).
struct RawBlock {
  std::string bytes;
  uint64_t at = 0;              // its place
  bool starts_document = true;  // only for plain text
  bool lines = false;
  std::string where;  // the file, for errors
};

// Checks the block (check_text.h, json_lines.h). Throws Error with file and byte or line.
TextBlock text_of(RawBlock block);

class BlockReader {
 public:
  struct Options {
    size_t bytes = size_t{1} << 20;  // about this much in a block
    bool whole = false;              // a document is never cut, however long it is
  };
  // Starts at place `at`, which is part.begin or the end of a block.
  BlockReader(const FilePart& part, uint64_t at, Options options);
  BlockReader(const FilePart& part, Options options) : BlockReader(part, part.begin, options) {}
  // False at the end. Throws Error: as ByteStream; a document, line or run without a space that is too
  // long.
  bool next(RawBlock& block);
  uint64_t file_bytes_read() const { return stream_->bytes_read(); }

 private:
  bool fill(size_t size);
  void skip_to(uint64_t place);
  size_t cut_of_text();
  size_t cut_of_lines();
  uint64_t end_in_buffer() const;

  FilePart part_;
  Options options_;
  std::unique_ptr<ByteStream> stream_;
  std::string buffer_;  // read, but in no block yet
  uint64_t at_ = 0;     // its place
  bool ended_ = false, started_ = false;
};

// The last place in `text`, but not its start, that no token crosses; 0 if there is none.
size_t last_cut(std::string_view text);

}  // namespace sinkmoe::data
