#include "data/tokens/bpe_sample.h"

#include <algorithm>

#include "core/text/utf8.h"

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
  const uint64_t wanted = std::max<uint64_t>(1, limit / kBlock);
  std::vector<std::string> sentences;
  uint64_t block = 0;
  for (const CorpusFile& file : files) {
    const std::string text = read_corpus_text(file);
    if (total <= limit) append_sentences(text, sentences);
    for (uint64_t at = 0; total > limit && at < text.size(); at += kBlock, ++block) {
      // A line of slope wanted / blocks rises past a whole number at `wanted` of the blocks.
      if ((block + 1) * wanted / blocks == block * wanted / blocks) continue;
      const std::string_view part = std::string_view(text).substr(at, kBlock);
      append_sentences(whole_words(part, at == 0, at + kBlock >= text.size()), sentences);
    }
  }
  return sentences;
}

}  // namespace sinkmoe::data
