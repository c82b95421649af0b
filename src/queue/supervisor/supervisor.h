// Runs the missing runs of a plan: claims runs, starts workers, retries after transient failures,
// and shows progress. Several supervisors may work on one database.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "plan/plan.h"
#include "queue/supervisor/display.h"
#include "queue/worker/checkpoints.h"
#include "store/default_database.h"
#include "store/store.h"

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
  // Called several times a second with the runs that are being made.
  std::function<void(const std::vector<RunLine>&)> watch = {};
};

// The state of the plan's runs at the end.
struct SweepSummary {
  int64_t total = 0, done = 0, made = 0;  // made: done by this call
  int64_t failed = 0, diverged = 0, quarantined = 0, blocked = 0;
  int64_t open = 0, not_started = 0;  // what the same command goes on with; those that never ran
  int64_t in_jobs = 0;  // left to jobs of a scheduler, with the runs that wait for these
  bool interrupted = false, detached = false;
  double seconds = 0;

  // 0 all done, or submitted as wished; 1 some failed; 75 interrupted and resumable.
  int exit_code() const;
};

// Why the runs of this plan cannot be made: several ranks on a GPU; unless they are made in jobs of a scheduler, no GPU in
// this computer. `run` refuses such a plan, and `plan` shows it.
std::vector<Problem> hindrances(const plan::Plan& plan, bool in_jobs);

// Throws Error before anything is written: unknown job, no GPU, a refused database.
SweepSummary run_experiment(const plan::Plan& plan, const RunOptions& options);
// The same for runs that the database knows, while the caller handles signals.
SweepSummary run_stored(const plan::Plan& plan, const RunOptions& options, store::Store& store);
// Throws Error if this program has no such job.
void require_job(const std::string& job);
// Opens the database for the job's runs, and waits for other programs that hold it; stores the plan.
store::Store open_store(const plan::Plan& plan, const RunOptions& options);

// Two lines: what happened, and the next command to type.
std::string to_text(const SweepSummary& summary, const plan::Plan& plan,
                    const std::filesystem::path& db);

}  // namespace sinkmoe::queue
