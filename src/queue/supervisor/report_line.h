// Messages from a worker to its supervisor: one JSON object per line, on a pipe.
#pragma once

#include <optional>
#include <string>

#include "core/run/run.h"

namespace sinkmoe::queue {

// One message: live state, or text to show at once. The end of an attempt is read from the
// database.
struct ReportLine {
  std::optional<Progress> progress;
  std::optional<double> evaluated;  // eval/loss of an evaluation
  std::optional<std::string> note;
  std::optional<double>
      held;  // for how many seconds another program has kept the worker from writing
};

std::string encode(const ReportLine& line);  // with its newline
ReportLine decode(const std::string& line);  // all empty if the line is not a message

// The worker's end of the pipe. Writes whole lines and never waits: if the supervisor does not
// read, lines are lost.
class ReportPipe {
 public:
  explicit ReportPipe(int descriptor);
  void send(const ReportLine& line) const;

 private:
  int descriptor_;
};

}  // namespace sinkmoe::queue
