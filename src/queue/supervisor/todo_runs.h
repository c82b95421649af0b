// The runs a supervisor has to see to, and what the plan becomes in the database.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plan/plan.h"
#include "store/store.h"

namespace sinkmoe::queue {

struct Wanted {
  std::string run_id, label, parent;
  int64_t steps = 0;
  double work = 0;      // tokens of the whole run
  double fraction = 0;  // of it that is made
  std::string status, cause;
  bool settled = false;       // nothing more will be done about it now
  int64_t not_before_us = 0;  // back-off after a crash
  int64_t starts = 0;         // attempts of this call
};

store::ExperimentRow experiment_row(const plan::Plan& plan);

// The plan's runs as they stand, and before them the parents that must be made (again) for a child
// that is missing: a parent that is not done, or whose final weights are gone. Notes what was
// decided. Throws Error: unknown parent.
std::vector<Wanted> wanted_runs(store::Store& store, const plan::Plan& plan, bool retry_failed,
                                std::vector<std::string>& notes);

// Takes over how the run stands in the database.
void refresh(Wanted& wanted, const store::RunState& state, bool retry_failed);

}  // namespace sinkmoe::queue
