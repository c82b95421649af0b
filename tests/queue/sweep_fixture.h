// Hand-made plans of the fake job, sweeps of them in this process or another, and what they
// leave in the database.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "plan/plan.h"
#include "queue/supervisor/supervisor.h"
#include "queue/worker/checkpoints.h"
#include "store/read/query.h"
#include "store/store.h"

namespace sinkmoe::queue {

using plan::Plan;
using plan::RunSpec;

// A folder that is gone when the test ends.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// `runs` runs of `steps` steps with a checkpoint every 10 and a training row every 2;
// run_ids fake-0, fake-1, ...
plan::Plan fake_plan(int64_t runs, int64_t steps);
// The same with a drill ("crash@5") in the first run.
plan::Plan drill_plan(int64_t runs, int64_t steps, const std::string& drill);

RunOptions fake_options(const std::filesystem::path& db);

// Every metric, histogram and run of a database as text: what must not depend on
// how the sweep went.
std::string tables(const std::filesystem::path& db);
// Rows of a query, cells joined by '|', each row ended by a newline.
std::string rows(const std::filesystem::path& db, const std::string& sql);

// `run_experiment(fake_plan(runs, steps))` in a process group of its own.
struct Sweep {
  pid_t pid;
  int wait() const;                   // exit code, or -signal
  void signal(int number) const;      // to the supervisor
  void kill_group(int number) const;  // to it and its workers
};
Sweep start_sweep(const std::filesystem::path& db, int64_t runs, int64_t steps,
                  double lease_seconds = 60, double stall_seconds = 300);

// Waits (at most 20 s) until the query gives the text; false when it never does.
bool eventually(const std::filesystem::path& db, const std::string& sql, const std::string& text);

// What a program that is no test does: `worker ...`, `task FOLDER` and `sweep DB RUNS STEPS LEASE STALL`.
int run_mode(const std::vector<std::string>& args);

}  // namespace sinkmoe::queue
