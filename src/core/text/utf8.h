// UTF-8: checks, characters, and text that is safe to show.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sinkmoe {

// True for well-formed UTF-8 (no overlong forms, no surrogates). On false, `bad_at` (if given) is
// the byte offset.
bool valid_utf8(std::string_view text, size_t* bad_at = nullptr);

// Replaces control characters (also C1 and DEL) except newline and tab, and invalid UTF-8, by '?',
// so that no escape sequence from a file or a name reaches the terminal.
std::string printable(std::string_view text);
// The same, and newlines and tabs become blanks.
std::string one_line(std::string_view text);

// True for the second and later bytes of a character.
inline bool inside_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }
// The first byte offset from `at` on at which a character starts, or the size of the text.
size_t character_start(std::string_view text, size_t at);
// Number of characters. This is the width on a terminal for scripts with one column per character.
size_t characters(std::string_view text);
// The first `most` characters.
std::string_view first_characters(std::string_view text, size_t most);

}  // namespace sinkmoe
