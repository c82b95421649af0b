// A thread next to the job: it renews the lease, and ends the process if the job gives no sign of
// life.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <thread>

#include "store/store.h"

namespace sinkmoe::queue {

struct HeartbeatSettings {
  double lease_seconds = 60;  // renewed four times in this period
  double stall_seconds =
      300;  // shortest silence that counts as a stall; ten times this before the first step
  int64_t crash_limit = 3;
};

class Heartbeat {
 public:
  // Call from the thread that runs the job. Opens its own connection.
  Heartbeat(const std::filesystem::path& db, const store::Lease& lease,
            const HeartbeatSettings& settings);
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  void sign_of_life() { last_sign_us_ = awake_us_.load(); }
  void step_done();  // a sign of life that also measures the step time
  bool lease_lost() const { return lease_lost_; }

 private:
  void watch();
  void pause(std::unique_lock<std::mutex>& lock, double seconds);
  bool renew();
  void end_if_stalled();
  double silence_limit();
  [[noreturn]] void end_as_stalled(double silence);

  store::Store store_;
  const store::Lease lease_;
  const HeartbeatSettings settings_;
  const pthread_t job_thread_;
  // Time in which the watching thread was awake. Time in which the process was stopped, or the
  // computer slept, does not count as silence.
  std::atomic<int64_t> awake_us_{0}, last_sign_us_{0};
  std::atomic<bool> lease_lost_{false};
  std::mutex mutex_;  // of the three below
  std::condition_variable wake_;
  bool ending_ = false;
  std::deque<double> step_seconds_;  // of the last steps
  int64_t last_step_us_ = 0;         // job's thread only
  std::thread thread_;
};

}  // namespace sinkmoe::queue
