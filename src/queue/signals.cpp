#include "queue/signals.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>

namespace sinkmoe::queue {

namespace {

// The first four ask for a stop.
constexpr int kSignals[] = {SIGTERM, SIGINT, SIGUSR1, SIGHUP, SIGCHLD, SIGPIPE};
constexpr size_t kCount = std::size(kSignals), kStops = 4;

std::atomic<bool> g_stop{false};
std::atomic<int> g_interrupts{0};
std::atomic<int> g_wake_out{-1};
int g_wake_in = -1;
std::array<struct sigaction, kCount> g_before;

void wake() {
  const int saved = errno;
  const char byte = 0;
  // If the pipe is full, the reader wakes anyway.
  [[maybe_unused]] const ssize_t n = ::write(g_wake_out.load(), &byte, 1);
  errno = saved;
}

void on_signal(int number) {
  if (number == SIGINT && g_interrupts.fetch_add(1) > 0) ::_exit(kExitInterrupted);
  if (number != SIGCHLD) g_stop.store(true);
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
  g_stop = false;
  g_interrupts = 0;
  struct sigaction action{};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < kCount; ++i) {
    struct sigaction ignore{};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(kSignals[i], kSignals[i] == SIGPIPE ? &ignore : &action, &g_before[i]);
  }
  const sigset_t set = stop_signals();
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

StopSignals::~StopSignals() {
  for (size_t i = 0; i < kCount; ++i) ::sigaction(kSignals[i], &g_before[i], nullptr);
  ::close(g_wake_out.exchange(-1));
  ::close(g_wake_in);
}

bool StopSignals::requested() { return g_stop.load(); }

void StopSignals::request() {
  g_stop = true;
  wake();
}

int StopSignals::wake_descriptor() { return g_wake_in; }

void StopSignals::drain() {
  std::array<char, 64> bytes;
  while (::read(g_wake_in, bytes.data(), bytes.size()) > 0) {
  }
}

}  // namespace sinkmoe::queue
