// The processes of the other ranks on this host: rank 0 starts them, watches them and ends them.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "ranks/store.h"

namespace sinkmoe::ranks {

// Exit code of a rank that ended because another one did.
inline constexpr int kExitRankLost = 76;

class Processes {
 public:
  // Starts ranks 1..size-1: this program with the hidden command `rank`, their place in the
  // variables RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT.
  explicit Processes(const Place& lead);
  ~Processes();  // kills those that still run, and waits for them
  Processes(const Processes&) = delete;
  Processes& operator=(const Processes&) = delete;

  // The first rank that ended by a fault of its own, in words; "" if there is none. A rank that
  // ended well, or because another one was lost, has no fault.
  std::string fault();

 private:
  struct Child {
    int64_t rank;
    pid_t pid;
    bool ended = false;
    int status = 0;
  };
  void look();

  std::vector<Child> children_;
};

// Ends this process, by SIGKILL, when `parent` dies; stop signals are left to rank 0. Call first in
// a process that Processes started.
void follow_parent(pid_t parent);

}  // namespace sinkmoe::ranks
