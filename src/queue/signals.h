// SIGTERM, SIGINT, SIGUSR1 and SIGHUP ask for a stop: a flag, looked at between steps. A second
// SIGINT ends the process at once, which is safe because every commit is complete.
#pragma once

#include <signal.h>

namespace sinkmoe::queue {

inline constexpr int kExitInterrupted = 75;

// Those four. A worker is started with them blocked; StopSignals lets them in.
sigset_t stop_signals();

// Installs the handlers and ignores SIGPIPE; puts the old ones back at the end. One at a time.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  static bool requested();
  static void request();  // the same as a signal
  // Readable when a signal came since the last drain(): for poll(). SIGCHLD counts too.
  static int wake_descriptor();
  static void drain();
};

}  // namespace sinkmoe::queue
