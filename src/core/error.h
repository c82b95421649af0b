// Errors for the user: what went wrong, where, and what to do. Programming errors are asserts.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace sinkmoe {

// One problem in the user's input.
struct Problem {
  std::string what;  // "unknown key 'model.layes'"
  // "experiments/x.toml:12:3", "argument 2", a path with a byte offset; may be empty
  std::string where;
  std::string fix;  // "did you mean 'model.layers'?"; may be empty
};

// "where: what; fix", control characters replaced, ready for a terminal.
std::string to_string(const Problem& problem);

// The kind of an error, which tells whether the same command may succeed later. The text is for
// people; no code searches it.
enum class ErrorKind {
  bad_input,  // wrong user input, or a refused file
  no_space,   // the disk or the quota is full
  memory,     // out of memory
  io,         // a transient failure of the system: EIO, too many open files, no process
  busy,       // another process holds the database
  read_only,  // the database or its folder cannot be written
  statement,  // an SQL statement is wrong
};

// Bad input, a refused file, or a failed system call: the program prints every problem and exits
// with code 2, without having written anything.
class Error : public std::runtime_error {
 public:
  explicit Error(std::vector<Problem> problems, ErrorKind kind = ErrorKind::bad_input,
                 int system_errno = 0);
  explicit Error(Problem problem) : Error(std::vector<Problem>{std::move(problem)}) {}
  Error(std::string what, std::string where, std::string fix = "")
      : Error(Problem{std::move(what), std::move(where), std::move(fix)}) {}

  const std::vector<Problem>& problems() const { return problems_; }
  ErrorKind kind() const { return kind_; }
  int system_errno() const { return system_errno_; }  // of the failed call; 0: none

 private:
  std::vector<Problem> problems_;
  ErrorKind kind_;
  int system_errno_;
};

// A system call that failed with this errno: "WHERE: WHAT: No space left on device; FIX".
Error system_error(const std::string& what, int system_errno, const std::string& where,
                   const std::string& fix = "");

}  // namespace sinkmoe
