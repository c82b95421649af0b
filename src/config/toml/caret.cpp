#include "config/toml/caret.h"

#include <algorithm>
#include <string_view>

#include "core/text/utf8.h"

namespace sinkmoe::config {

namespace {

constexpr size_t kLongestShown = 200;

}  // namespace

void add_caret(Problem& problem, const std::string& argument, size_t at, size_t length) {
  if (argument.empty() || argument.size() > kLongestShown || at > argument.size()) return;
  if (!valid_utf8(argument)) return;
  const std::string shown = one_line(argument);
  const std::string_view view(argument);
  const size_t width = std::max<size_t>(1, characters(view.substr(at, length)));
  std::string& last = problem.fix.empty() ? problem.what : problem.fix;
  last += "\n    " + shown + "\n    " + std::string(characters(view.substr(0, at)), ' ') + "^" +
          std::string(width - 1, '~');
}

}  // namespace sinkmoe::config
