// Splits, joins and trims texts.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sinkmoe {

// The pieces between separators; one more than there are separators.
std::vector<std::string> split(std::string_view text, char separator);
// The pieces with the separator between them; "" if there are none.
std::string join(std::span<const std::string> pieces, std::string_view separator);
// The same for other values; `text_of` gives their texts.
template <class Range, class TextOf>
std::string join(const Range& things, std::string_view separator, TextOf text_of) {
  std::string text, between;
  for (const auto& thing : things) {
    text += between + std::string(text_of(thing));
    between = separator;
  }
  return text;
}
// The text without blanks, tabs and line ends on both sides.
std::string_view trim(std::string_view text);
void replace_all(std::string& text, std::string_view from, std::string_view to);

}  // namespace sinkmoe
