// The interface between the queue and training. The queue knows leases, signals and retries; the
// job knows how to train.
#pragma once

#include <functional>
#include <string>

#include "config/job.h"
#include "core/registry.h"
#include "core/run/run.h"
#include "store/sqlite/database_file.h"

namespace sinkmoe::queue {

// Trains. Throws Error for bad input (the run is then failed, with cause "user") and std::bad_alloc
// for memory; LeaseLost passes through; anything else is a fault of the program.
using JobFunction = std::function<RunEnd(const config::Job&, RunReporter&)>;

// For jobs that several processes can do together (run.ranks).
struct RankHooks {
  std::function<int(int64_t parent)>
      take_part;                          // as a rank other than 0, which ends with its parent
  std::function<int()> take_part_in_all;  // in one run after another
  std::function<void()> dismiss;          // as rank 0: there are no more runs
};

// A job by name: "train" (src/run/jobs, LibTorch) or "fake" (tests and drills).
struct JobKind {
  static constexpr const char* kind = "job";
  std::string name, help;
  JobFunction run;
  store::Purpose purpose = store::Purpose::results;  // the only kind of database that it may write
  // Versions of the libraries that compute, for the attempt; empty: none.
  std::function<std::string()> libraries = {};
  RankHooks ranks = {};
};

// True if this program has the job that trains, which needs LibTorch.
inline bool can_train() { return Registry<JobKind>::all().contains("train"); }

}  // namespace sinkmoe::queue
