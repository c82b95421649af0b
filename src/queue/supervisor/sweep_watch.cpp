// How the supervisor reacts to problems around it: a database that cannot be written, stopped
// workers, and having been suspended itself.
#include <signal.h>

#include "queue/supervisor/sweep_loop.h"

namespace sinkmoe::queue {

namespace {

constexpr int64_t kLastWords_us =
    10'000'000;  // time for workers to end when the sweep cannot continue

}  // namespace

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

}  // namespace sinkmoe::queue
