// Small text helpers shared by every module.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sinkmoe {

// Replaces control characters (also C1 and DEL) except newline and tab, and broken UTF-8, by '?',
// so that no escape sequence from a file or a name reaches the terminal.
std::string printable(std::string_view text);

// True for well-formed UTF-8 (no overlong forms, no surrogates). On false, `bad_at` (if given)
// is the byte offset.
bool valid_utf8(std::string_view text, size_t* bad_at = nullptr);

// Up to `most` candidates nearest to `word` (edit distance at most max(2,
// length/3)), nearest first.
std::vector<std::string> near_names(std::string_view word,
                                    const std::vector<std::string>& candidates, size_t most = 3);

// "did you mean 'a' or 'b'?", or "" when nothing is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

// What to write instead of `word`: did_you_mean, then "known: a, b, c".
std::string known_names(std::string_view word, const std::vector<std::string>& names);

std::vector<std::string> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);
void replace_all(std::string& text, std::string_view from, std::string_view to);

// Shortest decimal text that reads back as the same double ("0.01", "1e-05", "1000").
std::string shortest(double value);

// A name that may become part of a path: [A-Za-z0-9._-]{1,64}, not starting with '.'.
bool safe_name(std::string_view name);

}  // namespace sinkmoe
