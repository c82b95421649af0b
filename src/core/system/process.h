// Starts another program and waits for it. No shell is involved.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sinkmoe {

struct Launch {
  std::string program;                   // a path, or a name that is looked up in PATH
  std::vector<std::string> arguments;    // the first is the name that the program sees as its own
  std::vector<std::string> environment;  // "NAME=value"
  // Ours and the number that it has in the child, given in the order in which they are set. Other open files of this
  // process reach the child unless they are close-on-exec.
  std::vector<std::pair<int, int>> descriptors;
  // With a value: the child starts with these signals blocked and all others handled by default.
  std::optional<sigset_t> blocked_signals;
};

// The child's pid. Throws std::system_error (ENOENT: no such program).
pid_t start_process(const Launch& launch);

// The child's wait status, when it has ended.
int wait_for(pid_t child);
// Nothing when it has not ended after `seconds`; it is then killed.
std::optional<int> wait_for(pid_t child, int seconds);

}  // namespace sinkmoe
