#include "cli/output/terminal_screen.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "core/text/number.h"

namespace sinkmoe::cli {

namespace {

volatile std::sig_atomic_t g_end = 0;

constexpr int kEnds[] = {SIGINT, SIGTERM, SIGHUP};
constexpr const char* kEnter = "\x1b[?1049h\x1b[?25l";  // its own screen, no cursor
constexpr const char* kLeave = "\x1b[?25h\x1b[?1049l";

void note_end(int number) { g_end = number; }
void note_size(int) {}  // only ends the wait

void handle(int number, void (*handler)(int)) {
  struct sigaction old{}, action{};
  ::sigaction(number, nullptr, &old);
  if (old.sa_handler == SIG_IGN) return;  // a signal that was ignored stays ignored
  action.sa_handler = handler;
  ::sigaction(number, &action, nullptr);
}

sigset_t caught() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : kEnds) ::sigaddset(&set, number);
  ::sigaddset(&set, SIGWINCH);
  return set;
}

void put(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace

// The signals are blocked except while waiting, so that none is lost between a check and the wait.
TerminalScreen::TerminalScreen() {
  const sigset_t set = caught();
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  for (const int number : kEnds) handle(number, note_end);
  handle(SIGWINCH, note_size);
  put(kEnter);
}

TerminalScreen::~TerminalScreen() {
  put(kLeave);
  for (const int number : kEnds) ::signal(number, SIG_DFL);
  const sigset_t set = caught();
  ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

void TerminalScreen::draw(const std::vector<std::string>& lines) {
  std::string text = "\x1b[H";
  for (size_t i = 0; i < lines.size(); ++i) text += (i ? "\r\n" : "") + lines[i] + "\x1b[K";
  put(text + "\x1b[J");
}

void TerminalScreen::wait(double seconds) {
  const timespec time{static_cast<time_t>(seconds),
                      static_cast<long>(std::fmod(seconds, 1.0) * 1e9)};
  sigset_t none;
  ::sigemptyset(&none);
  ::ppoll(nullptr, 0, &time, &none);
}

int TerminalScreen::ended() const { return g_end; }

live::ScreenSize screen_size() {
  live::ScreenSize size;
  winsize window{};
  const char* columns = std::getenv("COLUMNS");
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0) {
    size.columns = window.ws_col;
    size.rows = window.ws_row > 0 ? window.ws_row : 24;
  } else {
    if (columns) size.columns = parse_number<uint64_t>(columns).value_or(80);
    size.rows = 10'000;
  }
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"})
    if (const char* locale = std::getenv(name); locale && *locale) {
      const std::string_view text = locale;
      size.ascii = text.find("UTF-8") == text.npos && text.find("utf8") == text.npos;
      return size;
    }
  size.ascii = true;
  return size;
}

}  // namespace sinkmoe::cli
