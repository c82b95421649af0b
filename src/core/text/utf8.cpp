#include "core/text/utf8.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace sinkmoe {

namespace {

// Length of the well-formed UTF-8 sequence that starts at text[i], or 0.
size_t sequence_length(std::string_view text, size_t i) {
  auto byte = [&](size_t k) { return static_cast<unsigned char>(text[k]); };
  const unsigned char b0 = byte(i);
  if (b0 < 0x80) return 1;
  const size_t n = b0 >= 0xF0 ? 4 : b0 >= 0xE0 ? 3 : 2;
  if (b0 < 0xC2 || b0 > 0xF4 || i + n > text.size()) return 0;
  for (size_t k = 1; k < n; ++k)
    if ((byte(i + k) & 0xC0) != 0x80) return 0;
  const unsigned char b1 = byte(i + 1);
  const bool overlong = (b0 == 0xE0 && b1 < 0xA0) || (b0 == 0xF0 && b1 < 0x90);
  const bool surrogate = b0 == 0xED && b1 > 0x9F;
  const bool too_large = b0 == 0xF4 && b1 > 0x8F;
  return overlong || surrogate || too_large ? 0 : n;
}

}  // namespace

bool valid_utf8(std::string_view text, size_t* bad_at) {
  for (size_t i = 0; i < text.size();) {
    uint64_t eight = 0x80;  // most text is ASCII, eight bytes at a time
    if (i + sizeof eight <= text.size()) std::memcpy(&eight, text.data() + i, sizeof eight);
    if ((eight & 0x8080808080808080) == 0) {
      i += sizeof eight;
      continue;
    }
    const size_t n = sequence_length(text, i);
    if (n == 0) {
      if (bad_at) *bad_at = i;
      return false;
    }
    i += n;
  }
  return true;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const unsigned char c = static_cast<unsigned char>(text[i]);
    const size_t n = sequence_length(text, i);
    const bool c1 = n == 2 && c == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    const bool control = (c < 0x20 && c != '\n' && c != '\t') || c == 0x7F;
    if (n == 0 || c1 || control) {
      out += '?';
      i += std::max<size_t>(n, 1);
    } else {
      out.append(text.substr(i, n));
      i += n;
    }
  }
  return out;
}

std::string one_line(std::string_view text) {
  std::string line = printable(text);
  std::replace_if(line.begin(), line.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return line;
}

size_t character_start(std::string_view text, size_t at) {
  while (at < text.size() && inside_character(text[at])) ++at;
  return std::min(at, text.size());
}

size_t characters(std::string_view text) {
  return text.size() -
         static_cast<size_t>(std::count_if(text.begin(), text.end(), inside_character));
}

std::string_view first_characters(std::string_view text, size_t most) {
  size_t end = 0;
  for (size_t i = 0; i < most && end < text.size(); ++i) end = character_start(text, end + 1);
  return text.substr(0, end);
}

}  // namespace sinkmoe
