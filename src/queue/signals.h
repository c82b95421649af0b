// SIGTERM, SIGINT, SIGUSR1 and SIGHUP request a stop: they set a flag that is checked between
// steps. A second SIGINT ends the process at once, which is safe because every commit is complete.
#pragma once

#include <signal.h>

namespace sinkmoe::queue {

inline constexpr int kExitInterrupted = 75;

// These four signals. A worker starts with them blocked; StopSignals unblocks them.
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
  static void request();  // the same as a signal
  // For poll(): readable if a signal, or SIGCHLD, has arrived since the last drain().
  static int wake_descriptor();
  static void drain();
};

}  // namespace sinkmoe::queue
