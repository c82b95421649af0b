// Encodes the files of a split on all cores and writes its token file.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "data/import/journal.h"
#include "data/tokens/tokenizer.h"

namespace sinkmoe::data {

struct EncodeOptions {
  bool documents = false;                     // BOS before each document
  uint64_t piece_bytes = uint64_t{32} << 20;  // of text, after which an import could continue
  std::function<void(uint64_t)> progress;     // called with bytes of text as they are finished
};

TokenWriter::Layout token_layout(const Tokenizer& tokenizer, bool documents);

// Removes the pieces that are not in the folder as they were written, and those after them.
void drop_damaged_pieces(Journal& journal, const std::filesystem::path& folder,
                         const TokenWriter::Layout& layout);

class SplitEncoder {
 public:
  // Continues after the pieces of `journal`, and writes further ones to `writer`.
  SplitEncoder(const Tokenizer& tokenizer, EncodeOptions options, const Journal& journal,
               JournalWriter& writer);
  // Writes folder/SPLIT.tokens. Throws Error: as for_each_block and TokenWriter.
  TokenFileInfo write(const std::string& split, std::span<const CorpusFile> files,
                      const std::filesystem::path& folder, const std::string& source_hash);

 private:
  std::vector<int32_t> encode(const TextBlock& block);

  const Tokenizer& tokenizer_;
  EncodeOptions options_;
  const Journal& journal_;
  JournalWriter& writer_;
  TokenWriter::Layout layout_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<CachedEncoder>> idle_;  // one for each thread
};

}  // namespace sinkmoe::data
