// Finds text of a held-out split that also stands in the training text.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/error.h"
#include "data/corpus/corpus.h"

namespace sinkmoe::data {

// The text is compared in pieces of this many bytes at every place of the training text, after
// blanks and line ends have become one space, letters small, and characters composed (NFC). A piece counts only if it is
// found whole, so an edited word hides the one or two pieces around it. No piece lies across two
// documents. Of more than 64 MiB of held-out text, evenly spaced pieces are compared, a million at most;
// so the memory does not grow with the text.
inline constexpr size_t kCopyPiece = 64;

struct CopiedFile {
  std::string name;     // of the held-out file
  std::string source;   // the training file that holds most of it
  double share = 0;     // of its pieces that stand in some training file
  uint64_t pieces = 0;  // that were compared; 0: the file is shorter than a piece
};

struct Copies {
  std::vector<CopiedFile> files;  // of every held-out file
  double share = 0;               // of all pieces
};

// `progress(n)`: n more bytes of the training text were read.
Copies find_copies(
    const std::vector<CorpusFile>& train, const std::vector<CorpusFile>& held_out,
    const std::function<void(uint64_t)>& progress = [](uint64_t) {});

// A problem for each file of which a large part is also trained on, and for the whole split:
// three tenths of a file (at least 8 pieces), a tenth of the split.
std::vector<Problem> copy_problems(const Copies& copies, const std::string& split);

}  // namespace sinkmoe::data
