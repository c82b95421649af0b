// Which of several processes that train one model this one is, if a launcher started them (srun, torchrun, a script).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace sinkmoe::queue {

struct RankPlace {
  int64_t rank = 0, size = 1;
  std::string address;  // of rank 0
  uint16_t port = 0;
};

// From RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT. Nothing if WORLD_SIZE is not set, or 1. Throws Error: a variable is
// missing or not a number.
std::optional<RankPlace> place_from_environment();

// The number of ranks of a run with run.ranks = `configured` in this process.
int64_t ranks_here(int64_t configured);

}  // namespace sinkmoe::queue
