// How far a command is: one line of stderr.
#pragma once

#include <chrono>
#include <string>

namespace sinkmoe::cli {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start);

// Rewritten in place on a terminal; plain lines elsewhere, so that a log stays short.
class StatusLine {
 public:
  struct Options {
    bool quiet = false;                              // shows nothing
    double terminal_seconds = 0.1, log_seconds = 5;  // least time between two lines
    bool stays = false;  // on a terminal the last line stays; otherwise it is cleared
  };
  explicit StatusLine(const Options& options);
  ~StatusLine();
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  // True when a line may be shown now; `urgent` does not wait for the time between two lines.
  bool due(bool urgent) const;
  void show(const std::string& text);

 private:
  Options options_;
  bool terminal_, shown_ = false;
  Clock::time_point last_ = Clock::now();
};

}  // namespace sinkmoe::cli
