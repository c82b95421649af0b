// What /proc says of a process.
#pragma once

#include <cstdint>
#include <optional>

namespace sinkmoe {

struct ProcessStat {
  char state = 0;  // R running, S sleeping, T or t stopped, Z ended but not waited for, X dead
  int64_t start =
      0;  // clock ticks from boot to its start: tells it from a later process with the same pid

  bool ended() const { return state == 'Z' || state == 'X'; }
};

// Nothing if there is no such process.
std::optional<ProcessStat> process_stat(int64_t pid);

}  // namespace sinkmoe
