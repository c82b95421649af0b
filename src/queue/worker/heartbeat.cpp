#include "queue/worker/heartbeat.h"

#include <execinfo.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

namespace sinkmoe::queue {

namespace {

constexpr size_t kTimedSteps = 64;
constexpr double kMedians = 20;  // a step that takes this many times the median is a stall
// While another program reads the database, a renewal fails after this time and is tried again soon: a lease whose holder
// lives is not taken away meanwhile.
constexpr double kRenewPatience = 2, kRenewAgain = 1;
constexpr double kBeforeFirst = 10;  // loading data and compiling may take longer than a step

// Of the signals that no user sends.
int stack_signal() { return SIGRTMIN; }

void print_stack(int) {
  std::array<void*, 64> frames;
  ::backtrace_symbols_fd(frames.data(), ::backtrace(frames.data(), static_cast<int>(frames.size())),
                         STDERR_FILENO);
}

store::ClaimRules rules_of(const HeartbeatSettings& settings) {
  return {.lease_us = static_cast<int64_t>(settings.lease_seconds * 1e6)};
}

}  // namespace

Heartbeat::Heartbeat(const std::filesystem::path& db, const store::Lease& lease,
                     const HeartbeatSettings& settings)
    : store_(db), lease_(lease), settings_(settings), job_thread_(::pthread_self()) {
  std::array<void*, 1> first;
  ::backtrace(first.data(), 1);  // loads its library now, not in the handler
  struct sigaction action{};
  action.sa_handler = print_stack;
  ::sigaction(stack_signal(), &action, nullptr);
  store_.set_patience({.seconds = std::min(kRenewPatience, settings.lease_seconds / 4)});
  thread_ = std::thread([this] { watch(); });
}

Heartbeat::~Heartbeat() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Heartbeat::step_done() {
  const int64_t now = store::boot_clock_us();
  sign_of_life();
  if (last_step_us_ > 0) {
    const std::lock_guard lock(mutex_);
    step_seconds_.push_back(static_cast<double>(now - last_step_us_) * 1e-6);
    if (step_seconds_.size() > kTimedSteps) step_seconds_.pop_front();
  }
  last_step_us_ = now;
}

void Heartbeat::pause(std::unique_lock<std::mutex>& lock, double seconds) {
  const auto time = std::chrono::milliseconds(static_cast<int64_t>(seconds * 1e3));
#ifdef __SANITIZE_THREAD__  // it does not support waits on the monotonic clock
  wake_.wait_until(lock, std::chrono::system_clock::now() + time, [this] { return ending_; });
#else
  wake_.wait_for(lock, time, [this] { return ending_; });
#endif
}

void Heartbeat::watch() {
  const double seconds = std::min(settings_.lease_seconds, settings_.stall_seconds) / 4;
  bool renewed = true;
  std::unique_lock lock(mutex_);
  for (int64_t before = store::boot_clock_us(); !ending_;) {
    pause(lock, renewed ? seconds : std::min(seconds, kRenewAgain));
    if (ending_) return;
    lock.unlock();
    const int64_t now = store::boot_clock_us();
    awake_us_ += std::min(now - before, static_cast<int64_t>(2e6 * seconds));
    before = now;
    renewed = renew();
    end_if_stalled();
    lock.lock();
  }
}

// False if it must be tried again soon.
bool Heartbeat::renew() {
  try {
    store_.renew(lease_, rules_of(settings_));
  } catch (const LeaseLost&) {
    lease_lost_ = true;
  } catch (const store::StoreError& e) {
    if (e.kind() == ErrorKind::busy) return false;
    // The next round tries again. If the disk stays full, the lease expires, and another attempt
    // takes over.
    fmt::print(stderr, "cannot renew the lease: {}\n", e.what());
  }
  return true;
}

double Heartbeat::silence_limit() {
  const std::lock_guard lock(mutex_);
  if (step_seconds_.empty()) return settings_.stall_seconds * kBeforeFirst;
  std::vector<double> sorted(step_seconds_.begin(), step_seconds_.end());
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2),
                   sorted.end());
  return std::max(settings_.stall_seconds, kMedians * sorted[sorted.size() / 2]);
}

void Heartbeat::end_if_stalled() {
  const double silence = static_cast<double>(awake_us_ - last_sign_us_) * 1e-6;
  if (silence > silence_limit()) end_as_stalled(silence);
}

void Heartbeat::end_as_stalled(double silence) {
  const std::string message = fmt::format("no sign of life for {:.0f} s", silence);
  fmt::print(stderr, "{}; the stack of the training thread:\n", message);
  ::pthread_kill(job_thread_, stack_signal());
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  try {
    store_.finish(lease_, {Outcome::stalled, message}, {.crash_limit = settings_.crash_limit});
  } catch (const std::exception& e) {
    fmt::print(stderr, "cannot record it: {}\n", e.what());
  }
  ::_exit(1);
}

}  // namespace sinkmoe::queue
