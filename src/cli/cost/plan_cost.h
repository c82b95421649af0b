// How long the runs of a plan take, and what this estimate is based on.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "plan/cost_table.h"
#include "plan/timing.h"

namespace sinkmoe::cli {

// Of one worker.
struct Speed {
  double flops = 0;                    // per second
  bool given = false;                  // by the user, so that stored runs do not count
  double gpu_share = plan::kGpuShare;  // of a GPU's peak, where nothing is measured
};

struct PlanTimes {
  std::vector<plan::TimeEstimate> runs;  // in the plan's order
  // On CPUs, if this machine has made no run: the processor in the reference database whose runs were taken instead; "" else.
  std::string reference;
  bool same_processor = false;  // it is of this machine's type
};

// The time of each run: from the runs in the database that this machine has made, else on CPUs from the reference database,
// else at this speed.
PlanTimes estimate_times(const std::filesystem::path& db, const plan::Plan& plan,
                         plan::CostTable& cost_of, const Speed& speed);

// One line for the CPU and one for the GPU: the time of one worker and of all that this machine carries, and what that is
// based on. A range where it comes from another machine.
void print_time(const plan::Plan& plan, const PlanTimes& times, const Speed& speed);

}  // namespace sinkmoe::cli
