// The cost of a plan: parameters, tokens and FLOPs of each run, and how long all take.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "plan/timing.h"

namespace sinkmoe::cli {

// Opens each data set once, because the vocabulary of a text is in its token file. `assumed`, if
// above 0, is used for data sets that are missing here.
class CostTable {
 public:
  explicit CostTable(int64_t assumed) : assumed_(assumed) {}
  plan::Cost operator()(const config::RunConfig& config);

 private:
  int64_t vocabulary(const config::RunConfig& config);

  int64_t assumed_;
  std::map<std::string, int64_t> known_;
};

// Of one worker.
struct Speed {
  double flops = 0;    // per second
  bool given = false;  // by the user, so that stored runs do not count
};

// The time of each run, from the runs in the database that this machine has made; without such runs, at this speed.
std::vector<plan::TimeEstimate> estimate_times(const std::filesystem::path& db,
                                               const plan::Plan& plan,
                                               const std::vector<plan::Cost>& costs,
                                               CostTable& cost_of, const Speed& speed);

// One line for the CPU and one for the GPU: the time of one worker and of all that this machine carries, and what that is
// based on.
void print_time(const plan::Plan& plan, const std::vector<plan::TimeEstimate>& times,
                const Speed& speed);

}  // namespace sinkmoe::cli
