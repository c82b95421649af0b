// Suggestions for a misspelt word.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sinkmoe {

// Up to `most` candidates nearest to `word` (edit distance at most max(2, length/3)), nearest
// first.
std::vector<std::string> near_names(std::string_view word,
                                    const std::vector<std::string>& candidates, size_t most = 3);

// "did you mean 'a' or 'b'?", or "" if no candidate is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

// Suggestions in place of `word`: did_you_mean, then "known: a, b, c".
std::string known_names(std::string_view word, const std::vector<std::string>& names);

}  // namespace sinkmoe
