// The output of `run` while it works: live lines on a terminal, plain lines now and then elsewhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/run/run.h"

namespace sinkmoe::queue {

struct RunLine {
  std::string run_id, label;
  Progress progress;
  bool evaluates = false;                // a run of 0 steps
  double seconds = 0;                    // since this attempt started
  int64_t first_step = 0;                // the step at which it started
  std::optional<double> evaluated = {};  // eval/loss of the last evaluation
  double flops_per_token = 0;            // of training; 0: unknown
  double product_flops = 0;  // FLOP/s of a matrix product on this machine; 0: not measured
};

struct SweepLine {
  std::string name;
  int64_t total = 0, done = 0, failed = 0, running = 0, elsewhere = 0,
          queued = 0;            // running or queued: in jobs of a scheduler too
  double seconds = 0, eta = -1;  // seconds; negative: unknown
  double held = 0;     // for how many seconds another program has kept results from being stored
  std::string holder;  // that program; "": unknown
};

std::string format_line(const RunLine& line);  // without a newline
// The same on a terminal of `width` columns: what the sweep varies and the step come first, and
// numbers that do not fit beside them are a second line.
std::vector<std::string> fit_lines(const RunLine& line, size_t width);
std::string format_line(const SweepLine& line);

class Display {
 public:
  enum class Mode { quiet, plain, live };
  explicit Display(Mode mode) : mode_(mode) {}
  ~Display() { clear(); }

  void note(const std::string& text);   // stays on the screen; not shown if quiet
  void error(const std::string& text);  // always
  void update(const SweepLine& sweep, const std::vector<RunLine>& runs);

 private:
  void clear();  // removes the live lines

  Mode mode_;
  int64_t shown_ = 0;  // live lines on the screen
  int64_t next_update_us_ = 0;
};

// Live on a terminal, plain otherwise.
Display::Mode display_mode(bool quiet);

}  // namespace sinkmoe::queue
