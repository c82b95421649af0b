// The cost of a plan: parameters, tokens and FLOPs of each run, and how long all take.
#pragma once

#include <filesystem>
#include <vector>

#include "plan/cost_table.h"
#include "plan/timing.h"

namespace sinkmoe::cli {

// Of one worker.
struct Speed {
  double flops = 0;    // per second
  bool given = false;  // by the user, so that stored runs do not count
};

// The time of each run, from the runs in the database that this machine has made; without such runs, at this speed.
std::vector<plan::TimeEstimate> estimate_times(const std::filesystem::path& db,
                                               const plan::Plan& plan,
                                               const std::vector<plan::Cost>& costs,
                                               plan::CostTable& cost_of, const Speed& speed);

// One line for the CPU and one for the GPU: the time of one worker and of all that this machine carries, and what that is
// based on.
void print_time(const plan::Plan& plan, const std::vector<plan::TimeEstimate>& times,
                const Speed& speed);

}  // namespace sinkmoe::cli
