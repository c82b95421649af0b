#include "cli/status_line.h"

#include <unistd.h>

#include <iostream>

namespace sinkmoe::cli {

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

StatusLine::StatusLine(const Options& options)
    : options_(options), terminal_(::isatty(STDERR_FILENO)) {}

StatusLine::~StatusLine() {
  if (terminal_ && shown_) std::cerr << (options_.stays ? "\n" : "\r\033[K");
}

bool StatusLine::due(bool urgent) const {
  const double wait = terminal_ ? options_.terminal_seconds : options_.log_seconds;
  return !options_.quiet && (urgent || seconds_since(last_) >= wait);
}

void StatusLine::show(const std::string& text) {
  last_ = Clock::now();
  shown_ = true;
  if (terminal_)
    std::cerr << "\r\033[K" << text << std::flush;
  else
    std::cerr << text << "\n" << std::flush;
}

}  // namespace sinkmoe::cli
