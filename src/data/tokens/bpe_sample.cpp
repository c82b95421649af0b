#include "data/tokens/bpe_sample.h"

#include <algorithm>

#include "core/text/utf8.h"
#include "data/corpus/pass.h"

namespace sinkmoe::data {

namespace {

constexpr uint64_t kBlock = 16 << 10;

// From the first space or newline to before the last one, so that no word is split. Without spaces
// only characters are kept whole.
std::string_view whole_words(std::string_view text, bool first, bool last) {
  if (!first) {
    const size_t at = text.find_first_of(" \n");
    text.remove_prefix(at == std::string_view::npos ? 0 : at);
    while (!text.empty() && inside_character(text.front())) text.remove_prefix(1);
  }
  if (!last) {
    const size_t at = text.find_last_of(" \n");
    if (at != std::string_view::npos) return text.substr(0, at);
    while (!text.empty() && inside_character(text.back())) text.remove_suffix(1);
    if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0x80) text.remove_suffix(1);
  }
  return text;
}

// Collects the chosen blocks of a file from text that comes in pieces.
class Sample {
 public:
  // `wanted` of the `blocks` blocks of all files are chosen; all are if wanted >= blocks.
  Sample(uint64_t wanted, uint64_t blocks) : wanted_(wanted), blocks_(blocks) {}

  void add(const TextBlock& text, uint64_t file_bytes) {
    file_bytes_ = file_bytes;
    size_t start = 0;  // of text.starts: the next one
    for (size_t at = 0; at < text.text.size();) {
      while (start < text.starts.size() && text.starts[start] < at) ++start;
      const bool starts = start < text.starts.size() && text.starts[start] == at;
      size_t stop = at + block_end() - place_;
      const size_t next = start + (starts ? 1 : 0);
      if (next < text.starts.size()) stop = std::min(stop, text.starts[next]);
      stop = std::min(stop, text.text.size());
      take(std::string_view(text.text).substr(at, stop - at), starts);
      at = stop;
    }
  }

  std::vector<std::string> sentences;

 private:
  uint64_t block_end() const {
    return wanted_ >= blocks_ ? file_bytes_ : std::min(file_bytes_, (place_ / kBlock + 1) * kBlock);
  }
  // A line of slope wanted / blocks rises past a whole number at `wanted` of the blocks.
  bool chosen() const {
    return wanted_ >= blocks_ || (block_ + 1) * wanted_ / blocks_ != block_ * wanted_ / blocks_;
  }

  // The piece lies in one block and one document.
  void take(std::string_view piece, bool starts) {
    const uint64_t end = block_end();
    if (chosen()) {
      if (starts) flush(true);
      if (part_.empty()) from_start_ = starts;
      part_ += piece;
    }
    place_ += piece.size();
    if (place_ < end) return;
    flush(place_ == file_bytes_);
    ++block_;
    if (place_ == file_bytes_) place_ = 0;
  }

  void flush(bool to_end) {
    append_sentences(whole_words(part_, from_start_, to_end), sentences);
    part_.clear();
  }

  uint64_t wanted_, blocks_, file_bytes_ = 0;
  uint64_t block_ = 0, place_ = 0;  // number of the block among all, place in the file's text
  std::string part_;                // of a chosen block, of one document
  bool from_start_ = false;         // the document starts there
};

}  // namespace

void append_sentences(std::string_view text, std::vector<std::string>& sentences) {
  constexpr size_t kLongest = 64 << 10;  // the trainer ignores much longer ones
  while (!text.empty()) {
    size_t end = text.find('\n');
    if (end != std::string_view::npos) end = text.find_first_not_of('\n', end);
    end = std::min(end, text.size());
    if (end > kLongest) {
      const size_t space = text.rfind(' ', kLongest);
      end = space != std::string_view::npos && space > 0 ? space : kLongest;
      while (inside_character(text[end])) --end;
    }
    sentences.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::vector<std::string> sample_sentences(const std::vector<CorpusFile>& files, uint64_t limit) {
  uint64_t blocks = 0, total = 0;
  for (const CorpusFile& file : files) {
    blocks += (file.bytes + kBlock - 1) / kBlock;
    total += file.bytes;
  }
  Sample sample(total <= limit ? blocks : std::max<uint64_t>(1, limit / kBlock), blocks);
  for_each_text(files,
                [&](size_t file, const TextBlock& text) { sample.add(text, files[file].bytes); });
  return std::move(sample.sentences);
}

}  // namespace sinkmoe::data
