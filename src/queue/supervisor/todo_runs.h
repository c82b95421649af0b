// The runs that a supervisor has to handle, and how a plan is stored in the database.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plan/plan.h"
#include "store/store.h"

namespace sinkmoe::queue {

struct TodoRun {
  std::string run_id, label, parent;
  std::string data;            // content hashes of its data in the plan; "": any
  double work = 0;             // tokens of the whole run
  double flops_per_token = 0;  // of training; 0: unknown, because its data cannot be opened
  double fraction = 0;         // part of it that is trained
  RunStatus status = RunStatus::planned;
  bool evaluates = false;     // 0 steps
  bool settled = false;       // this call will do no more for it
  bool in_job = false;        // a job of a scheduler has it
  int64_t not_before_us = 0;  // back-off after a crash
  int64_t starts = 0;         // attempts of this call
};

store::ExperimentRow experiment_row(const plan::Plan& plan);

struct TodoRules {
  bool retry_failed = false;
  bool reads_data = true;  // false for drills, which need no data
};

// The runs of the plan with their current state. Before them come the parents that must be trained
// (again) for a missing child: parents that are not done, or whose final weights are missing.
// Reports these decisions. Throws Error: an unknown parent; a parent whose training data has
// changed, which is then left unchanged.
std::vector<TodoRun> todo_runs(store::Store& store, const plan::Plan& plan, const TodoRules& rules,
                               std::vector<std::string>& notes);

// Copies the state of the run from the database.
void refresh(TodoRun& run, const store::RunState& state, bool retry_failed);

}  // namespace sinkmoe::queue
