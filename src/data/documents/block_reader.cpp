#include "data/documents/block_reader.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/text/utf8.h"
#include "data/documents/check_text.h"

namespace sinkmoe::data {

namespace {

constexpr size_t kMaxWhole = size_t{4} << 30;  // of a document that is not cut
constexpr size_t kStep = 1 << 18;

uint64_t newlines(std::string_view text) {
  return static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

// The byte after `lines` lines of the text, or its size.
size_t after_lines(std::string_view text, uint64_t lines) {
  size_t at = 0;
  for (; lines > 0 && at < text.size(); --lines)
    at = std::min(text.find('\n', at), text.size() - 1) + 1;
  return at;
}

// Without a character at the end of which bytes may be missing.
std::string_view whole_characters(std::string_view text) {
  while (!text.empty() && inside_character(text.back())) text.remove_suffix(1);
  if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0x80) text.remove_suffix(1);
  return text;
}

}  // namespace

size_t last_cut(std::string_view text) {
  for (size_t at = text.size(); at-- > 1;) {
    const char before = text[at - 1], here = text[at];
    if (before == '\n' ? here != '\n' : here == ' ' && before != ' ') return at;
  }
  return 0;
}

TextBlock text_of(RawBlock raw) {
  if (raw.lines) return documents_of_lines(raw.bytes, raw.at, raw.where);
  check_characters(raw.bytes, raw.where, raw.at);
  TextBlock block{.text = std::move(raw.bytes)};
  block.end = raw.at + block.text.size();
  if (raw.starts_document) block.starts = {0};
  return block;
}

BlockReader::BlockReader(const FilePart& part, uint64_t at, Options options)
    : part_(part), options_(options), stream_(open_bytes(part.path, part.format.compression)) {
  started_ = at > part.begin;
  skip_to(at);
}

// Reads until the buffer holds `size` bytes; false if the file ends before.
bool BlockReader::fill(size_t size) {
  while (!ended_ && buffer_.size() < size) {
    const size_t had = buffer_.size();
    buffer_.resize(had + kStep);
    const size_t got = stream_->read(buffer_.data() + had, kStep);
    buffer_.resize(had + got);
    ended_ = got == 0;
  }
  return buffer_.size() >= size;
}

void BlockReader::skip_to(uint64_t place) {
  while (at_ < place) {
    if (buffer_.empty() && !fill(1)) return;
    const size_t n = part_.format.lines ? after_lines(buffer_, place - at_)
                                        : std::min<uint64_t>(buffer_.size(), place - at_);
    at_ += part_.format.lines ? newlines(std::string_view(buffer_).substr(0, n)) : n;
    buffer_.erase(0, n);
  }
}

// How much of the buffer belongs to the part of the file.
uint64_t BlockReader::end_in_buffer() const {
  if (part_.end == UINT64_MAX) return buffer_.size();
  const uint64_t left = part_.end - std::min(at_, part_.end);
  return part_.format.lines ? after_lines(buffer_, left) : std::min<uint64_t>(left, buffer_.size());
}

// How much of the buffer becomes a block.
size_t BlockReader::cut_of_text() {
  for (size_t size = options_.whole ? kMaxWhole : options_.bytes;; size *= 2) {
    const uint64_t left = part_.end - at_;
    if (!fill(std::min<uint64_t>(size, left)) || buffer_.size() >= left) return end_in_buffer();
    if (options_.whole || size > kMaxWhole)
      throw Error("a document of more than 4 GiB that cannot be cut", part_.path.string(),
                  "break it into several");
    if (const size_t cut = last_cut(std::string_view(buffer_).substr(0, size))) return cut;
    if (size > 4 * kMaxRun) check_characters(whole_characters(buffer_), part_.path.string(), at_);
  }
}

size_t BlockReader::cut_of_lines() {
  for (size_t size = options_.bytes;; size *= 2) {
    const bool more = fill(size);
    const size_t end = end_in_buffer();
    if (!more || end < buffer_.size()) return end;
    if (const size_t newline = buffer_.rfind('\n', size - 1); newline != std::string::npos)
      return newline + 1;
    if (size >= kMaxJsonLine)
      throw Error("a line of more than " + std::to_string(kMaxJsonLine >> 20) + " MiB",
                  part_.path.string() + ": line " + std::to_string(at_ + 1),
                  "each line must be one document");
  }
}

bool BlockReader::next(RawBlock& block) {
  if (at_ >= part_.end) return false;
  const size_t n = part_.format.lines ? cut_of_lines() : cut_of_text();
  if (n == 0) return false;
  block.bytes = std::move(buffer_);  // it may be long
  buffer_ = block.bytes.substr(n);
  block.bytes.resize(n);
  block.at = at_;
  block.lines = part_.format.lines;
  block.where = part_.path.string();
  block.starts_document = !std::exchange(started_, true);
  at_ += part_.format.lines ? newlines(block.bytes) : n;
  return true;
}

}  // namespace sinkmoe::data
