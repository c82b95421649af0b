#include "core/error.h"

#include <cerrno>
#include <cstring>

#include "core/text/split_join.h"
#include "core/text/utf8.h"

namespace sinkmoe {

std::string to_string(const Problem& problem) {
  std::string text;
  if (!problem.where.empty()) text += problem.where + ": ";
  text += problem.what;
  if (!problem.fix.empty()) text += "; " + problem.fix;
  return printable(text);
}

namespace {
ErrorKind kind_of(int system_errno) {
  switch (system_errno) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:  // beyond a limit of the user (ulimit -f) or of the file system
      return ErrorKind::no_space;
    case ENOMEM:
      return ErrorKind::memory;
    case EIO:
    case EAGAIN:
    case EMFILE:
    case ENFILE:
      return ErrorKind::io;
    default:
      return ErrorKind::bad_input;
  }
}
}  // namespace

Error::Error(std::vector<Problem> problems, ErrorKind kind, int system_errno)
    : std::runtime_error(join(problems, "\n", [](const Problem& p) { return to_string(p); })),
      problems_(std::move(problems)),
      kind_(kind),
      system_errno_(system_errno) {}

Error system_error(const std::string& what, int system_errno, const std::string& where,
                   const std::string& fix) {
  std::vector<Problem> problems{{what + ": " + std::strerror(system_errno), where, fix}};
  return Error(std::move(problems), kind_of(system_errno), system_errno);
}

}  // namespace sinkmoe
