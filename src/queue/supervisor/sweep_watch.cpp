// How the supervisor reacts to problems around it: a database that cannot be written, stopped
// workers, and having been suspended itself.
#include <signal.h>

#include <algorithm>
#include <set>

#include "queue/signals.h"
#include "queue/supervisor/sweep_loop.h"
#include "store/sqlite/lock_holder.h"

namespace sinkmoe::queue {

namespace {

constexpr int64_t kHeldNews_us =
    3'000'000;  // a worker that waits for the database says so every second
constexpr int64_t kLook_us = 1'000'000;  // between two looks for the program that it waits for
constexpr int64_t kLastWords_us = static_cast<int64_t>(kLastWords_seconds * 1e6);

}  // namespace

// Called while a call to the database waits for another program. It must not use the database.
bool SweepLoop::go_on(double waited) {
  held_ = waited;
  end_stopped();
  read_reports();
  if (StopSignals::requested()) stop_workers();
  show();
  return StopSignals::seconds_since_request() < kLastWords_seconds;
}

// The database cannot be written now: the workers get a moment to end, and everything can be
// resumed later.
void SweepLoop::give_up(const store::StoreError& error) {
  display_.error(std::string(error.what()) + "; the sweep stops here");
  stop_workers();
  const int64_t end = store::boot_clock_us() + kLastWords_us;
  while (!active_.empty() && store::boot_clock_us() < end) {
    active_.remove_if([](ActiveRun& w) { return w.process.ended().has_value(); });
    wait();
  }
  active_.clear();  // kills what is left
}

// Ends a worker that has been stopped for longer than its lease, without using the database: it may
// have been stopped while it held the lock of the file, which it keeps until it ends.
void SweepLoop::end_stopped() {
  const int64_t now = store::boot_clock_us();
  for (ActiveRun& active : active_) {
    if (!is_stopped(active.process.pid()))
      active.stopped_us = 0;
    else if (active.stopped_us == 0)
      active.stopped_us = now;
    else if (now - active.stopped_us > rules_.lease_us)
      active.process.signal(SIGKILL);
  }
}

// After this process was stopped, or the computer slept, leases look expired; this gives their
// holders time to renew them.
void SweepLoop::notice_own_sleep() {
  const int64_t now = store::boot_clock_us();
  if (now - last_round_us_ > rules_.lease_us / 2) next_scan_us_ = now + rules_.lease_us / 2;
  last_round_us_ = now;
}

// Uses no database.
void SweepLoop::read_reports() {
  for (ActiveRun& active : active_) {
    for (const ReportLine& report : active.process.read()) {
      if (report.note)
        display_.error(active.lease.run_id + ": " + *report.note +
                       "; log: " + log_of(active.lease.run_id));
      if (report.held) {
        active.held = *report.held;
        active.held_until_us = store::boot_clock_us() + kHeldNews_us;
      }
      if (report.evaluated) active.line.evaluated = report.evaluated;
      if (!report.progress) continue;
      TodoRun& run = todo_[active.todo];
      const Progress& p = *report.progress;
      const double fraction =
          p.steps > 0 ? static_cast<double>(p.step) / static_cast<double>(p.steps) : 0;
      if (active.line.progress.steps == 0)
        active.line.first_step = p.step;
      else
        work_made_ += std::max(0.0, fraction - run.fraction) * run.work;
      run.fraction = fraction;
      active.line.progress = p;
    }
  }
}

// How long this process or a worker has been waiting for another program that holds the database; 0 if none waits.
double SweepLoop::longest_hold(int64_t now) const {
  constexpr double kWorthSaying = 2;
  double longest = held_;
  for (const ActiveRun& active : active_)
    if (now < active.held_until_us) longest = std::max(longest, active.held);
  return longest > kWorthSaying ? longest : 0;
}

// Adds to the line of the sweep, and says at its start and end, that another program holds the database.
void SweepLoop::notice_hold(SweepLine& sweep) {
  const int64_t now = store::boot_clock_us();
  sweep.held = longest_hold(now);
  const bool began = sweep.held > 0 && !hold_said_, ended = sweep.held == 0 && hold_said_;
  if (sweep.held > 0 && now >= next_look_us_) {
    std::set<int64_t> ours;
    for (const ActiveRun& active : active_) ours.insert(active.process.pid());
    holder_ = store::lock_holder(options_.db, ours);
    next_look_us_ = now + kLook_us;
  }
  sweep.holder = holder_;
  hold_said_ = sweep.held > 0;
  if (began)
    display_.note((holder_.empty() ? "another program" : holder_) +
                  " reads the database: results are stored when it has ended");
  if (ended) display_.note("the database can be written again");
}

}  // namespace sinkmoe::queue
