// Shows the progress of a command in one line on stderr.
#pragma once

#include <chrono>
#include <string>

namespace sinkmoe::cli {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start);

// On a terminal the line is rewritten in place; elsewhere plain lines are printed now and then, so
// that a log stays short.
class StatusLine {
 public:
  struct Options {
    bool quiet = false;                              // shows nothing
    double terminal_seconds = 0.1, log_seconds = 5;  // minimum time between two lines
    bool stays = false;  // true: the last line stays on the terminal; false: it is cleared
  };
  explicit StatusLine(const Options& options);
  ~StatusLine();
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  // True if a line may be shown now; `urgent` ignores the minimum time between two lines.
  bool due(bool urgent) const;
  void show(const std::string& text);

 private:
  Options options_;
  bool terminal_, shown_ = false;
  Clock::time_point last_ = Clock::now();
};

}  // namespace sinkmoe::cli
