// A worker: a process that makes one attempt at one run and exits.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "queue/worker/checkpoints.h"

namespace sinkmoe::queue {

// The command-line arguments that a supervisor gives to a worker.
struct WorkerArgs {
  std::filesystem::path db;
  std::string run_id, job;
  int64_t epoch = 0;       // of the lease that the supervisor claimed
  int64_t supervisor = 0;  // its pid; the worker stops if the supervisor ends
  int pipe = -1;           // for ReportLine, -1: none
  Keep keep = Keep::final;
  int64_t crash_limit = 3;
  double lease_seconds = 60, stall_seconds = 300;
  int64_t threads = 0;  // its share of the cores; 0: as many as the run is configured for
  std::string data;     // content hashes of the data in the plan; "": any
};

std::vector<std::string> to_arguments(const WorkerArgs& args);
WorkerArgs parse_worker_arguments(const std::vector<std::string>& args);  // throws Error

// Adopts the lease, runs the job and records how it ended. Exit code: 0 done, 75 interrupted, 1
// anything else.
int worker_main(const WorkerArgs& args);

}  // namespace sinkmoe::queue
