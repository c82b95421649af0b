// `sinkmoe data import`: converts a folder of text to a folder of token files (data/text_set.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "data/tokens/corpus.h"

namespace sinkmoe::data {

// Smallest BPE vocabulary: 256 bytes, BOS, unknown, and some characters.
inline constexpr int64_t kMinBpeVocabulary = 300, kMaxBpeVocabulary = 1 << 20;

struct ImportProgress {
  std::string phase;             // "reading", "training the tokenizer", "encoding"
  uint64_t done = 0, total = 0;  // bytes of text; total 0: unknown
};

struct ImportRequest {
  CorpusRequest corpus;
  std::filesystem::path out;      // empty: data/<name of the folder>
  std::string tokenizer = "bpe";  // or "bytes"
  int64_t vocabulary = 1024;      // of a new BPE tokenizer
  std::filesystem::path model;    // use this sentencepiece model instead
  bool force = false;             // replace an imported text of another source or tokenizer
  std::function<void(const ImportProgress&)> progress = [](const ImportProgress&) {};
};

struct ImportResult {
  std::filesystem::path out;
  bool made = true;  // false: the same import existed already and is complete
  std::vector<std::string> notes;
};

// Writes a temporary folder and renames it, so that `out` is either complete or unchanged. The same
// text and options give the same files, byte for byte. Throws Error: whatever find_corpus and the
// tokenizer refuse; `out` holds something else.
ImportResult import_text(const ImportRequest& request);

// Removes what killed imports to the same place have left. import_text() does so too.
void remove_unfinished_imports(const ImportRequest& request);

}  // namespace sinkmoe::data
