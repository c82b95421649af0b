#include "config/toml/caret.h"

#include <algorithm>
#include <string_view>

#include "core/text.h"

namespace sinkmoe::config {

namespace {

constexpr size_t kLongestShown = 200;

size_t characters(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

}  // namespace

void add_caret(Problem& problem, const std::string& argument, size_t at, size_t length) {
  if (argument.empty() || argument.size() > kLongestShown || at > argument.size()) return;
  if (!valid_utf8(argument)) return;
  std::string shown = printable(argument);
  std::replace_if(shown.begin(), shown.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  const std::string_view view(argument);
  const size_t width = std::max<size_t>(1, characters(view.substr(at, length)));
  std::string& last = problem.fix.empty() ? problem.what : problem.fix;
  last += "\n    " + shown + "\n    " + std::string(characters(view.substr(0, at)), ' ') + "^" +
          std::string(width - 1, '~');
}

}  // namespace sinkmoe::config
