// What the database has of the runs of a plan.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "core/run/run.h"
#include "plan/plan.h"

namespace sinkmoe::cli {

struct PlanStates {
  std::map<std::string, RunStatus> status;  // by run_id, of the runs that are stored
  int64_t closed = 0;                       // runs of the plan that `run` would not make again
  bool is_closed(const std::string& run_id) const;  // done or diverged
};

// No state without a database. A database that cannot be read is named on stderr: a plan does not need one.
PlanStates plan_states(const std::filesystem::path& db, const plan::Plan& plan);

// The plan without the runs that are closed.
plan::Plan open_part(const plan::Plan& plan, const PlanStates& states);

}  // namespace sinkmoe::cli
