// `sinkmoe data import`: a folder of text -> a folder of token files (data/text_set.h).
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
  uint64_t done = 0, total = 0;  // bytes of text; total 0: not known
};

struct ImportRequest {
  CorpusRequest corpus;
  std::filesystem::path out;      // empty: data/<name of the folder>
  std::string tokenizer = "bpe";  // or "bytes"
  int64_t vocabulary = 1024;      // of a BPE trained here
  std::filesystem::path model;    // a sentencepiece model to take instead
  bool force = false;             // replace a set made from other text or another tokenizer
  std::function<void(const ImportProgress&)> progress = [](const ImportProgress&) {};
};

struct ImportResult {
  std::filesystem::path out;
  bool made = true;  // false: the same set was there already and is whole
  std::vector<std::string> notes;
};

// Written aside and renamed: `out` holds a whole set or what was there before. The same text and
// options give the same files, byte for byte. Throws Error: what find_corpus and the tokenizer
// refuse; `out` holds something else.
ImportResult import_text(const ImportRequest& request);

// Removes what imports to the same place left that were killed; import_text() does so, too.
void remove_unfinished_imports(const ImportRequest& request);

}  // namespace sinkmoe::data
