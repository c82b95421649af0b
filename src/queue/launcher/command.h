// Runs a program of the scheduler and takes what it prints.
#pragma once

#include <string>
#include <vector>

namespace sinkmoe::queue {

struct CommandResult {
  bool ended = false;  // false: no such program, or it took longer than a minute
  int code = -1;
  std::string output, errors;
};

// `words`: the program, looked up in PATH, and its arguments. Without a shell.
CommandResult run_command(const std::vector<std::string>& words);

}  // namespace sinkmoe::queue
