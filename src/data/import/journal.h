// What an import has finished, written beside it, so that an import that was cut continues.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/system/long_file.h"
#include "data/corpus/pass.h"
#include "data/tokens/token_writer.h"

namespace sinkmoe::data {

inline constexpr const char* kJournalName = "import.jsonl";

// The first ids of a split, up to a place in its files.
struct FinishedPiece {
  std::string split;
  PassStart next;    // where the text after the piece starts
  TokenCount count;  // of all pieces of the split so far
  std::string hash;  // of the ids of this piece (TokenWriter::end_piece)
};

struct Journal {
  std::string key;                       // of everything that decides the output
  std::string model_hash;                // of the tokenizer's file; "": none is needed
  std::map<std::string, double> copied;  // of each held-out split (SplitSummary::copied)
  std::vector<FinishedPiece> pieces;
};

// The journal of a folder; null if it has none. A last line that was cut is left out.
std::optional<Journal> read_journal(const std::filesystem::path& folder);

// Adds pieces to the journal of a folder. Every function throws Error (disk full, no permission).
class JournalWriter {
 public:
  // Writes the journal as it is so far.
  JournalWriter(const std::filesystem::path& folder, const Journal& journal);
  // Returns when the piece is on the disk.
  void add(const FinishedPiece& piece);
  bool has_pieces() const { return has_pieces_; }

 private:
  bool has_pieces_;
  std::unique_ptr<LongFile> file_;
};

}  // namespace sinkmoe::data
