// Starts another program and waits for it, without a shell.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sinkmoe {

// The environment of this process, as "NAME=value".
std::vector<std::string> environment_variables();

struct Launch {
  std::string program;                   // a path, or a name that is looked up in PATH
  std::vector<std::string> arguments;    // the first is the name under which the program runs
  std::vector<std::string> environment;  // "NAME=value"
  // Pairs of our descriptor and its number in the child, set in this order. The child inherits
  // other open files of this process unless they are close-on-exec.
  std::vector<std::pair<int, int>> descriptors;
  // If set, the child starts with these signals blocked and default handlers for all. But the signals by which a user or a
  // terminal ends a program (SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2) stay ignored if this process ignores them.
  std::optional<sigset_t> blocked_signals;
};

// Returns the pid of the child. Throws std::system_error (ENOENT: no such program).
pid_t start_process(const Launch& launch);

// Waits until the child has ended; returns its wait status.
int wait_for(pid_t child);
// The same with a time limit. If the child has not ended after `seconds`, kills it and returns
// nothing.
std::optional<int> wait_for(pid_t child, int seconds);

}  // namespace sinkmoe
