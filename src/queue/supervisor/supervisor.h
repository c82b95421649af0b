// Runs the missing runs of a plan: claims runs, starts workers, retries after transient failures,
// and shows progress. Several supervisors may work on one database.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "plan/plan.h"
#include "queue/supervisor/display.h"
#include "queue/worker/checkpoints.h"
#include "store/default_database.h"
#include "store/rows.h"

namespace sinkmoe::queue {

struct RunOptions {
  std::filesystem::path db = store::kDefaultDatabase;
  std::string job = "train";
  int64_t workers = 0;  // 0: as many as the cores (or GPUs) allow
  bool stop_on_failure = false, retry_failed = false;
  store::OtherList other_list = store::OtherList::refuse;  // of the plan's name
  Keep keep = Keep::final;
  int64_t crash_limit = 3;
  double lease_seconds = 60, stall_seconds = 300;
  Display::Mode display = Display::Mode::plain;
};

// The state of the plan's runs at the end.
struct SweepSummary {
  int64_t total = 0, done = 0, made = 0;  // made: done by this call
  int64_t failed = 0, diverged = 0, quarantined = 0, blocked = 0, open = 0;  // open: can be resumed
  bool interrupted = false;
  double seconds = 0;

  // 0 all done; 1 some failed; 75 interrupted and resumable.
  int exit_code() const;
};

// Throws Error before anything is written: unknown job, no GPU, a refused database.
SweepSummary run_experiment(const plan::Plan& plan, const RunOptions& options);

// Two lines: what happened, and the next command to type.
std::string to_text(const SweepSummary& summary, const plan::Plan& plan,
                    const std::filesystem::path& db);

}  // namespace sinkmoe::queue
