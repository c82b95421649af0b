// Keeps control characters of names, notes and files away from a terminal,
// whatever command prints them.
#pragma once

#include <ostream>
#include <streambuf>
#include <string>

namespace sinkmoe::cli {

// While it lives, a line that goes to `stream` loses its control characters (core/text.h,
// printable). Does nothing when `on` is false: what goes to a file or a pipe stays as it is.
class TerminalFilter : public std::streambuf {
 public:
  TerminalFilter(std::ostream& stream, bool on);
  ~TerminalFilter() override;
  TerminalFilter(const TerminalFilter&) = delete;
  TerminalFilter& operator=(const TerminalFilter&) = delete;

 protected:
  int_type overflow(int_type c) override;
  int sync() override;

 private:
  bool write_line();  // what has come since the last line's end

  std::ostream& stream_;
  std::streambuf* below_;
  std::string line_;
};

}  // namespace sinkmoe::cli
