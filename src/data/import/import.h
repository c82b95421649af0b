// `sinkmoe data import`: converts a folder of text to a folder of token files (data/text_set.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "data/corpus/corpus.h"

namespace sinkmoe::data {

// Smallest BPE vocabulary: 256 bytes, BOS, unknown, and some characters.
inline constexpr int64_t kMinBpeVocabulary = 300, kMaxBpeVocabulary = 1 << 20;

struct ImportProgress {
  // "reading", "looking for copies", "training the tokenizer", "encoding"
  std::string phase;
  uint64_t done = 0,
           total = 0;  // bytes: of the files while reading, then of text; total 0: unknown
};

struct ImportRequest {
  CorpusRequest corpus;
  std::filesystem::path out;      // empty: data/<name of the folder or file>
  std::string tokenizer = "bpe";  // or "bytes", "json"
  int64_t vocabulary = 1024;      // of a new BPE tokenizer
  // use this sentencepiece model instead; for "json", a pretrained model's folder
  std::filesystem::path model;
  bool documents = false;     // BOS before each document; otherwise nothing between them
  bool force = false;         // replace an imported text of another source or tokenizer
  bool allow_copies = false;  // also if much of a held-out text is trained on
  uint64_t piece_bytes = uint64_t{32} << 20;  // an import that was cut continues after so much text
  std::function<void(const ImportProgress&)> progress = [](const ImportProgress&) {};
};

struct SplitSummary {
  std::string name;
  std::vector<std::string> files;
  uint64_t bytes = 0, documents = 0;
  double share = 0;   // of the bytes of all splits
  double copied = 0;  // share of the text that also stands in the training text (copies.h)
};

struct ImportResult {
  std::filesystem::path out;
  // False: the same import existed already and is complete; what follows is then empty.
  bool made = true;
  bool continued = false;  // made, from where an earlier import was cut
  bool earlier = false;    // not made, and an earlier version split the files in another way
  std::string rule;        // how the splits were found
  std::vector<SplitSummary> splits;
  LeftOut left_out;
};

// Writes a temporary folder and renames it, so that `out` is either complete or unchanged. The same
// text and options give the same files, byte for byte, also if an import of them was cut before: it then
// continues after the last piece that was finished. The text may be longer than memory. A text that an earlier version split in
// another way (Corpus::earlier_train) and imported to `out` is left as it is. Throws Error:
// whatever find_corpus and the tokenizer refuse; copies of held-out text (data/corpus/copies.h);
// `out` holds something else.
ImportResult import_text(const ImportRequest& request);

// Removes what killed imports to the same place have left, but not what could be continued. Returns
// whether there is such.
bool remove_unfinished_imports(const ImportRequest& request);

}  // namespace sinkmoe::data
