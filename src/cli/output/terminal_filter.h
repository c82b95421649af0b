// Removes control characters in names, notes and files from all output to a terminal.
#pragma once

#include <ostream>
#include <streambuf>
#include <string>

namespace sinkmoe::cli {

// While this object lives, control characters are removed from lines written to `stream`
// (core/text/utf8.h, printable). Does nothing if `on` is false: output to a file or pipe is not changed.
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
  bool write_line();  // everything since the last line end

  std::ostream& stream_;
  std::streambuf* below_;
  std::string line_;
};

}  // namespace sinkmoe::cli
