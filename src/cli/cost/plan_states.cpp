#include "cli/cost/plan_states.h"

#include <iostream>
#include <set>

#include "core/error.h"
#include "store/read/query.h"

namespace sinkmoe::cli {

bool PlanStates::is_closed(const std::string& run_id) const {
  const auto it = status.find(run_id);
  return it != status.end() && (it->second == RunStatus::done || it->second == RunStatus::diverged);
}

PlanStates plan_states(const std::filesystem::path& db, const plan::Plan& plan) {
  PlanStates states;
  if (!std::filesystem::exists(db)) return states;
  std::set<std::string> planned;
  for (const plan::RunSpec& run : plan.runs) planned.insert(run.run_id);
  try {
    for (const auto& row : store::Reader(db).query("select run_id, status from run").rows)
      if (planned.contains(to_text(row[0])))
        states.status[to_text(row[0])] = parse_name<RunStatus>(to_text(row[1]), "the database");
  } catch (const Error& e) {
    std::cerr << "note: no run is marked as done: " << e.what() << "\n";
  }
  for (const plan::RunSpec& run : plan.runs) states.closed += states.is_closed(run.run_id);
  return states;
}

plan::Plan open_part(const plan::Plan& plan, const PlanStates& states) {
  plan::Plan open = plan;
  std::erase_if(open.runs, [&](const plan::RunSpec& run) { return states.is_closed(run.run_id); });
  return open;
}

}  // namespace sinkmoe::cli
