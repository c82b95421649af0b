// SIGTERM, SIGINT, SIGHUP, SIGUSR1 and SIGUSR2 request a stop: they set a flag that is checked between steps. A second
// SIGINT ends the process at once, which is safe because every commit is complete. A signal that was ignored when the
// program started (SIGHUP by nohup, SIGINT by a shell for its background jobs) stays ignored.
#pragma once

#include <signal.h>

namespace sinkmoe::queue {

inline constexpr int kExitInterrupted = 75;
// How long a process tries to record its state after a stop was requested, if another program holds the database.
inline constexpr double kLastWords_seconds = 10;

// These signals. A worker starts with them blocked; StopSignals unblocks them.
sigset_t stop_signals();

// Installs the handlers and ignores SIGPIPE; restores the old handlers at the end. Only one object
// at a time.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  static bool requested();
  static int number();                    // the signal that requested it first; 0: none
  static double seconds_since_request();  // 0 without a request
  static void request();                  // the same as a signal
  // For poll(): readable if a signal, or SIGCHLD, has arrived since the last drain().
  static int wake_descriptor();
  static void drain();
};

}  // namespace sinkmoe::queue
