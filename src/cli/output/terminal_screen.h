// A screen that is drawn again in place, for `watch`.
#pragma once

#include <string>
#include <vector>

#include "live/screen.h"

namespace sinkmoe::cli {

// While it lives, stdout shows its own screen, and the signals that end the program or report a new
// size are caught. The destructor brings back the terminal as it was.
class TerminalScreen {
 public:
  TerminalScreen();
  ~TerminalScreen();
  TerminalScreen(const TerminalScreen&) = delete;
  TerminalScreen& operator=(const TerminalScreen&) = delete;

  void draw(const std::vector<std::string>& lines);
  // Sleeps; returns early after a new size or an end.
  void wait(double seconds);
  int ended() const;  // the signal that asks for an end (SIGINT, SIGTERM, SIGHUP); 0: none
};

// The size of stdout's terminal now, else that of COLUMNS, else 80 columns; ASCII unless the locale
// is UTF-8. All rows if stdout is no terminal.
live::ScreenSize screen_size();

}  // namespace sinkmoe::cli
