#include "ranks/processes.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "core/system/process.h"

namespace sinkmoe::ranks {

namespace {

std::vector<std::string> environment(const Place& lead, int64_t rank) {
  const std::string text = std::to_string(rank);
  const std::vector<std::pair<std::string, std::string>> ours = {
      {"RANK=", text},
      {"LOCAL_RANK=", text},
      {"WORLD_SIZE=", std::to_string(lead.size)},
      {"MASTER_ADDR=", lead.address},
      {"MASTER_PORT=", std::to_string(lead.port)}};
  std::vector<std::string> variables = environment_variables();
  std::erase_if(variables, [&](const std::string& variable) {
    return std::any_of(ours.begin(), ours.end(),
                       [&](const auto& o) { return variable.starts_with(o.first); });
  });
  for (const auto& [name, value] : ours) variables.push_back(name + value);
  return variables;
}

}  // namespace

Processes::Processes(const Place& lead) {
  for (int64_t rank = 1; rank < lead.size; ++rank)
    children_.push_back(
        {rank, start_process({.program = "/proc/self/exe",
                              .arguments = {"sinkmoe", "rank", std::to_string(::getpid())},
                              .environment = environment(lead, rank)})});
}

Processes::~Processes() {
  for (const Child& child : children_)
    if (!child.ended) ::kill(child.pid, SIGKILL);
  for (const Child& child : children_)
    if (!child.ended) wait_for(child.pid);
}

void Processes::look() {
  for (Child& child : children_)
    if (!child.ended && ::waitpid(child.pid, &child.status, WNOHANG) == child.pid)
      child.ended = true;
}

std::string Processes::fault() {
  look();
  for (const Child& child : children_) {
    if (!child.ended) continue;
    const std::string who =
        "rank " + std::to_string(child.rank) + " (process " + std::to_string(child.pid) + ")";
    if (WIFSIGNALED(child.status))
      return who + " was killed by SIG" + ::sigabbrev_np(WTERMSIG(child.status));
    const int code = WEXITSTATUS(child.status);
    if (code != 0 && code != kExitRankLost) return who + " ended with code " + std::to_string(code);
  }
  return "";
}

void follow_parent(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(kExitRankLost);
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2}) ::signal(number, SIG_IGN);
}

}  // namespace sinkmoe::ranks
