// A thread beside the body: renews the lease, and ends the process when the body gives
// no sign of life.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <thread>

#include "queue/supervisor/report_line.h"
#include "store/store.h"

namespace sinkmoe::queue {

struct VitalSettings {
  double lease_seconds = 60;  // renewed four times as often
  double stall_seconds =
      300;  // least silence that counts as a stall; ten times that before the first step
  int64_t crash_limit = 3;
};

class VitalSigns {
 public:
  // Call from the thread that runs the body. Opens a connection of its own.
  VitalSigns(const std::filesystem::path& db, const store::Lease& lease,
             const VitalSettings& settings, const ReportPipe& pipe);
  ~VitalSigns();
  VitalSigns(const VitalSigns&) = delete;
  VitalSigns& operator=(const VitalSigns&) = delete;

  void sign_of_life() { last_sign_us_ = awake_us_.load(); }
  void step_done();  // a sign of life that also times the steps
  bool fenced() const { return fenced_; }

 private:
  void watch();
  void pause(std::unique_lock<std::mutex>& lock, double seconds);
  void renew();
  void end_if_stalled();
  double silence_limit();
  [[noreturn]] void end_as_stalled(double silence);

  store::Store store_;
  const store::Lease lease_;
  const VitalSettings settings_;
  const ReportPipe& pipe_;
  const pthread_t body_thread_;
  // Time in which the watching thread was awake: a process that was stopped, or a computer that
  // slept, was not silent meanwhile.
  std::atomic<int64_t> awake_us_{0}, last_sign_us_{0};
  std::atomic<bool> fenced_{false};
  std::mutex mutex_;  // of the three below
  std::condition_variable wake_;
  bool ending_ = false;
  std::deque<double> step_seconds_;  // of the last steps
  int64_t last_step_us_ = 0;         // body's thread only
  std::thread thread_;
};

}  // namespace sinkmoe::queue
