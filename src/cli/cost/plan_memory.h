// The memory of the runs of a plan, how long they take on several GPUs, and the size of their checkpoints.
#pragma once

#include <vector>

#include "plan/cost_table.h"

namespace sinkmoe::cli {

// Per model: parameters, memory of each device, as configured and by what the ranks share and compute again. `share`: of a
// GPU's peak, for the hours.
void print_memory(const plan::Plan& plan, const std::vector<plan::Cost>& costs,
                  plan::CostTable& cost_of, double share);

}  // namespace sinkmoe::cli
