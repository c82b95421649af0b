#include "cli/child_process.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "core/error.h"
#include "core/system/process.h"

namespace sinkmoe::cli {

std::optional<int> continue_in_child() {
  // If the parent process ignores SIGCHLD, the system forgets how a child ended.
  ::signal(SIGCHLD, SIG_DFL);
  const pid_t parent = ::getpid(), child = ::fork();
  if (child < 0)
    throw system_error(
        "cannot start a process", errno, "",
        "end some programs or raise the limit of processes, and run the same command again");
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::raise(SIGKILL);  // the parent ended before the line above
    return std::nullopt;
  }
  return wait_for(child);
}

}  // namespace sinkmoe::cli
