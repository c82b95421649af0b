#include "core/error.h"

#include "core/text.h"

namespace sinkmoe {

std::string to_string(const Problem& problem) {
  std::string text;
  if (!problem.where.empty()) text += problem.where + ": ";
  text += problem.what;
  if (!problem.fix.empty()) text += "; " + problem.fix;
  return printable(text);
}

namespace {
std::string join(const std::vector<Problem>& problems) {
  std::string text;
  for (const Problem& p : problems) text += (text.empty() ? "" : "\n") + to_string(p);
  return text;
}
}  // namespace

Error::Error(std::vector<Problem> problems)
    : std::runtime_error(join(problems)), problems_(std::move(problems)) {}

}  // namespace sinkmoe
