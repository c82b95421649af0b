// The supervisor's loop over the runs of one plan. Internal to the queue.
#pragma once

#include <list>
#include <string>
#include <vector>

#include "queue/machine.h"
#include "queue/supervisor/supervisor.h"
#include "queue/supervisor/todo_runs.h"
#include "queue/supervisor/worker_process.h"

namespace sinkmoe::queue {

// A worker of this supervisor, and its run.
struct ActiveRun {
  size_t todo;  // index
  store::Lease lease;
  WorkerProcess process;
  int64_t slot;
  int64_t started_us;
  RunLine line;
  int64_t held_until_us =
      0;            // it waits for another program that holds the database, as of a moment ago
  double held = 0;  // since how many seconds
  bool product_asked = false;
  int64_t stopped_us = 0;  // when it was first seen stopped by a signal; 0: it is not stopped
};

// Owns the workers; its destructor kills them.
class SweepLoop {
 public:
  SweepLoop(const plan::Plan& plan, const RunOptions& options, store::Store& store,
            int64_t workers);
  SweepSummary run();

 private:
  void work();
  void give_up(const store::StoreError& error);
  void end_stopped();
  void notice_own_sleep();
  bool go_on(double waited);
  void read_reports();
  void listen();
  void collect(ActiveRun& active, int wait_status);
  void settle_failure(TodoRun& run, const store::RunState& state);
  void free_dead();
  void fill();
  bool start_one();
  void start_worker(size_t todo, const store::Lease& lease);
  void stop_workers();
  bool nothing_left();
  void show();
  void notice_hold(SweepLine& sweep);
  double longest_hold(int64_t now) const;
  void wait() const;
  int64_t free_slot() const;
  std::string log_of(const std::string& run_id) const {
    return (run_folder(options_.db, run_id) / "log.txt").string();
  }
  SweepSummary summary() const;

  const plan::Plan& plan_;
  const RunOptions& options_;
  store::Store& store_;
  const int64_t slots_;
  const std::vector<std::string> gpus_ = gpus();
  const store::ClaimRules rules_;
  const store::Owner self_ = store::this_process();
  const int64_t began_us_ = store::boot_clock_us();
  Display display_;
  std::vector<TodoRun> todo_;
  std::list<ActiveRun> active_;
  int64_t last_round_us_ = store::boot_clock_us(), next_scan_us_ = 0, made_ = 0, elsewhere_ = 0,
          oom_kills_ = 0;
  double held_ = 0;           // since how many seconds a call to the database has been waiting
  std::string holder_;        // the program that it waits for
  int64_t next_look_us_ = 0;  // for that program
  bool hold_said_ = false;
  double work_made_ = 0;   // trained by this call, in tokens
  bool stopping_ = false;  // by a signal, a failure or a full disk
};

}  // namespace sinkmoe::queue
