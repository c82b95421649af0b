#include "core/system/process.h"

#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

extern char** environ;

namespace sinkmoe {

std::vector<std::string> environment_variables() {
  std::vector<std::string> variables;
  for (char** v = environ; *v; ++v) variables.emplace_back(*v);
  return variables;
}

namespace {

bool is_ignored(int number) {
  struct sigaction now{};
  ::sigaction(number, nullptr, &now);
  return now.sa_handler == SIG_IGN;
}

class SpawnSetup {
 public:
  explicit SpawnSetup(const Launch& launch) {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
    for (const auto& [ours, childs] : launch.descriptors)
      ::posix_spawn_file_actions_adddup2(&actions, ours, childs);
    if (!launch.blocked_signals) return;
    sigset_t all;
    ::sigfillset(&all);
    for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2})
      if (is_ignored(number)) ::sigdelset(&all, number);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setsigmask(&attributes, &*launch.blocked_signals);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  ~SpawnSetup() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

// For functions that take char* but change nothing.
std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

}  // namespace

pid_t start_process(const Launch& launch) {
  const SpawnSetup setup(launch);
  pid_t child = 0;
  const int error =
      ::posix_spawnp(&child, launch.program.c_str(), &setup.actions, &setup.attributes,
                     pointers(launch.arguments).data(), pointers(launch.environment).data());
  if (error != 0) throw std::system_error(error, std::generic_category(), launch.program);
  return child;
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

std::optional<int> wait_for(pid_t child, int seconds) {
  const int handle = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
  bool ended = true;  // without a handle there is no limit
  if (handle >= 0) {
    pollfd waiting{handle, POLLIN, 0};
    int ready;
    do ready = ::poll(&waiting, 1, seconds * 1000);
    while (ready < 0 && errno == EINTR);
    ended = ready != 0;
    ::close(handle);
  }
  if (!ended) ::kill(child, SIGKILL);
  const int status = wait_for(child);
  return ended ? std::optional(status) : std::nullopt;
}

}  // namespace sinkmoe
