#include "queue/supervisor/display.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string_view>

#include "core/text/duration.h"
#include "core/text/split_join.h"
#include "core/text/utf8.h"
#include "store/owner.h"

namespace sinkmoe::queue {

namespace {

constexpr int64_t kLiveEvery_us = 200'000, kPlainEvery_us = 30'000'000;

size_t terminal_width() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

std::string short_count(double value) {
  if (value >= 1e6) return fmt::format("{:.1f}M", value / 1e6);
  if (value >= 1e4) return fmt::format("{:.0f}k", value / 1e3);
  return fmt::format("{:.0f}", value);
}

// "attention.kind=sink train.seed=1" -> "kind=sink seed=1", as long as the last parts differ.
std::string short_label(const std::string& label) {
  const std::vector<std::string> words = split(label, ' ');
  std::vector<std::string> short_words;
  std::set<std::string> keys;
  for (const std::string& word : words) {
    const size_t equals = std::min(word.find('='), word.size());
    const size_t dot = word.rfind('.', equals);
    short_words.push_back(word.substr(dot == word.npos ? 0 : dot + 1));
    keys.insert(short_words.back().substr(0, short_words.back().find('=')));
  }
  return keys.size() == words.size() ? join(short_words, " ") : label;
}

std::string which_run(const RunLine& line) {
  const Progress& p = line.progress;
  const std::string what = line.evaluates ? "evaluates"
                           : p.steps == 0 ? "starts"
                                          : fmt::format("step {}/{}", p.step, p.steps);
  return printable(
      fmt::format("{}  {}  {}", line.run_id.substr(0, 8), short_label(line.label), what));
}

std::string numbers_of(const RunLine& line) {
  const Progress& p = line.progress;
  const auto made = static_cast<double>(p.step - line.first_step);
  const double eta = made > 0 ? line.seconds / made * static_cast<double>(p.steps - p.step) : -1;
  if (p.steps == 0) {  // it has no step yet, or none at all
    const std::string found = p.loss > 0 ? fmt::format("loss {:.4f} CV {:.2f} sink {:.0f}%, ",
                                                       p.loss, p.imbalance, p.sink_rate)
                                         : "";
    return found + clock_text(line.seconds) + " so far";
  }
  std::string text = fmt::format("loss {:.4f}", p.loss);
  if (line.evaluated) text += fmt::format(" eval {:.4f}", *line.evaluated);
  text += fmt::format(" CV {:.2f} sink {:.0f}% {} tok/s", p.imbalance, p.sink_rate,
                      short_count(p.tokens_per_second));
  const double flops = line.flops_per_token * p.tokens_per_second;
  if (flops > 0) text += fmt::format(" {:.3g} GFLOP/s", flops / 1e9);
  if (flops > 0 && line.product_flops > 0)
    text += fmt::format(" ({:.0f}% of a matrix product)", 100 * flops / line.product_flops);
  return text + " ETA " + clock_text(eta);
}

}  // namespace

std::string format_line(const RunLine& line) { return which_run(line) + "  " + numbers_of(line); }

std::vector<std::string> fit_lines(const RunLine& line, size_t width) {
  std::vector<std::string> lines = {format_line(line)};
  if (characters(lines[0]) > width) lines = {which_run(line), "  " + numbers_of(line)};
  for (std::string& text : lines) text = first_characters(text, width);
  return lines;
}

std::string format_line(const SweepLine& line) {
  std::string text =
      fmt::format("{}: {}/{} done, {} running", line.name, line.done, line.total, line.running);
  if (line.queued > 0) text += fmt::format(", {} queued", line.queued);
  if (line.elsewhere > 0) text += fmt::format(", {} in another process", line.elsewhere);
  if (line.failed > 0) text += fmt::format(", {} failed", line.failed);
  text += fmt::format(", {} so far, ETA {}", clock_text(line.seconds), clock_text(line.eta));
  if (line.held > 0)
    text += fmt::format("; waiting {} for {}, which reads the database", clock_text(line.held),
                        line.holder.empty() ? "a program" : line.holder);
  return printable(text);
}

void Display::clear() {
  if (shown_ > 0) std::fputs(fmt::format("\x1b[{}A\x1b[J", shown_).c_str(), stderr);
  shown_ = 0;
}

void Display::note(const std::string& text) {
  if (mode_ != Mode::quiet) error(text);
}

void Display::error(const std::string& text) {
  clear();
  std::fputs((one_line(text) + "\n").c_str(), stderr);
  if (mode_ == Mode::live) next_update_us_ = 0;
}

void Display::update(const SweepLine& sweep, const std::vector<RunLine>& runs) {
  const int64_t now = store::boot_clock_us();
  if (mode_ == Mode::quiet || now < next_update_us_) return;
  const bool first = next_update_us_ == 0;
  next_update_us_ = now + (mode_ == Mode::live ? kLiveEvery_us : kPlainEvery_us);
  if (mode_ == Mode::plain) {
    if (first) return;
    std::fputs((format_line(sweep) + "\n").c_str(), stderr);
    for (const RunLine& run : runs) std::fputs(("  " + format_line(run) + "\n").c_str(), stderr);
    return;
  }
  clear();
  const size_t width = terminal_width() - 1;
  std::string text;
  shown_ = 1;
  for (const RunLine& run : runs)
    for (const std::string& line : fit_lines(run, width - 2)) {
      text += "  " + line + "\n";
      ++shown_;
    }
  text += std::string(first_characters(format_line(sweep), width)) + "\n";
  std::fputs(text.c_str(), stderr);
}

Display::Mode display_mode(bool quiet) {
  if (quiet) return Display::Mode::quiet;
  const char* term = std::getenv("TERM");
  const bool live = ::isatty(STDERR_FILENO) && term && std::string_view(term) != "dumb";
  return live ? Display::Mode::live : Display::Mode::plain;
}

}  // namespace sinkmoe::queue
