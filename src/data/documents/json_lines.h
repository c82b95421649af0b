// Documents from JSON lines: of each object the string `text`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sinkmoe::data {

inline constexpr size_t kMaxJsonLine = size_t{64} << 20;

// The texts of some documents, one after the other.
struct TextBlock {
  std::string text;  // well-formed UTF-8
  std::vector<size_t>
      starts;  // where documents start in `text`; text before the first continues one
  std::vector<uint64_t> lines;  // of these documents in their file, from 0; empty for plain text
  uint64_t end = 0;             // place in the file after the block: byte, or number of lines
  uint64_t empty = 0;           // documents without text, which are left out
};

// Reads whole lines, of which the first is line `first` of the file, from 0. Other keys than `text`
// are skipped, and so are blank lines. Throws Error with file and line: not UTF-8, not one JSON
// object, no `text` or two of them, `text` is not a string, a run that is too long (check_text.h).
TextBlock documents_of_lines(std::string_view lines, uint64_t first, const std::string& where);

}  // namespace sinkmoe::data
