// User errors: what went wrong, where, and what to do about it. Programmer errors are asserts.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace sinkmoe {

// One thing wrong with what the user gave us.
struct Problem {
  std::string what;  // "unknown key 'model.layes'"
  // "experiments/x.toml:12:3", "argument 2", a path with a byte offset; may be empty
  std::string where;
  std::string fix;  // "did you mean 'model.layers'?"; may be empty
};

// "where: what; fix", control characters replaced, ready for a terminal.
std::string to_string(const Problem& problem);

// Bad input or a refused file: the program prints every problem and exits with code
// 2, having written nothing.
class Error : public std::runtime_error {
 public:
  explicit Error(std::vector<Problem> problems);
  explicit Error(Problem problem) : Error(std::vector<Problem>{std::move(problem)}) {}
  Error(std::string what, std::string where, std::string fix = "")
      : Error(Problem{std::move(what), std::move(where), std::move(fix)}) {}

  const std::vector<Problem>& problems() const { return problems_; }

 private:
  std::vector<Problem> problems_;
};

}  // namespace sinkmoe
