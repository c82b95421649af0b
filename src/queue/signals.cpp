#include "queue/signals.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>

#include "store/owner.h"

namespace sinkmoe::queue {

namespace {

// All but the last two ask for a stop.
constexpr int kSignals[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD, SIGPIPE};
constexpr size_t kCount = std::size(kSignals), kStops = kCount - 2;

std::atomic<int64_t> g_stop_us{0};  // when the stop was requested; 0: it was not
std::atomic<int> g_interrupts{0}, g_number{0};
std::atomic<int> g_wake_out{-1};
int g_wake_in = -1;
std::array<struct sigaction, kCount> g_before;

void request_stop() {
  int64_t none = 0;
  g_stop_us.compare_exchange_strong(none, store::boot_clock_us());
}

void wake() {
  const int saved = errno;
  const char byte = 0;
  // If the pipe is full, the reader wakes anyway.
  [[maybe_unused]] const ssize_t n = ::write(g_wake_out.load(), &byte, 1);
  errno = saved;
}

void on_signal(int number) {
  if (number == SIGINT && g_interrupts.fetch_add(1) > 0) ::_exit(kExitInterrupted);
  if (number != SIGCHLD) {
    int none = 0;
    g_number.compare_exchange_strong(none, number);
    request_stop();
  }
  wake();
}

}  // namespace

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (size_t i = 0; i < kStops; ++i) sigaddset(&set, kSignals[i]);
  return set;
}

StopSignals::StopSignals() {
  int ends[2] = {-1, -1};
  [[maybe_unused]] const int made = ::pipe2(ends, O_CLOEXEC | O_NONBLOCK);
  g_wake_in = ends[0];
  g_wake_out = ends[1];
  g_stop_us = 0;
  g_interrupts = 0;
  g_number = 0;
  struct sigaction action{};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  struct sigaction ignore{};
  ignore.sa_handler = SIG_IGN;
  for (size_t i = 0; i < kCount; ++i) {
    ::sigaction(kSignals[i], nullptr, &g_before[i]);
    const bool keep = i < kStops && g_before[i].sa_handler == SIG_IGN;
    if (!keep) ::sigaction(kSignals[i], kSignals[i] == SIGPIPE ? &ignore : &action, nullptr);
  }
  const sigset_t set = stop_signals();
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

StopSignals::~StopSignals() {
  for (size_t i = 0; i < kCount; ++i) ::sigaction(kSignals[i], &g_before[i], nullptr);
  ::close(g_wake_out.exchange(-1));
  ::close(g_wake_in);
}

bool StopSignals::requested() { return g_stop_us != 0; }

int StopSignals::number() { return g_number; }

double StopSignals::seconds_since_request() {
  const int64_t since = g_stop_us;
  return since == 0 ? 0 : static_cast<double>(store::boot_clock_us() - since) * 1e-6;
}

void StopSignals::request() {
  request_stop();
  wake();
}

int StopSignals::wake_descriptor() { return g_wake_in; }

void StopSignals::drain() {
  std::array<char, 64> bytes;
  while (::read(g_wake_in, bytes.data(), bytes.size()) > 0) {
  }
}

}  // namespace sinkmoe::queue
