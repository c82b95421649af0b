// What a worker tells its supervisor: one JSON object a line on a pipe.
#pragma once

#include <optional>
#include <string>

#include "queue/job.h"

namespace sinkmoe::queue {

// One line: live state, or something to show at once. How an attempt ended is
// read from the database.
struct ReportLine {
  std::optional<Progress> progress;
  std::optional<std::string> note;
};

std::string encode(const ReportLine& line);  // with its newline
ReportLine decode(const std::string& line);  // all empty when the line is not one of ours

// The worker's end of the pipe. Writes whole lines and never waits: when the supervisor does not
// read, lines are lost.
class ReportPipe {
 public:
  explicit ReportPipe(int descriptor);
  void send(const ReportLine& line) const;

 private:
  int descriptor_;
};

}  // namespace sinkmoe::queue
