#include "live/screen.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/text/count.h"
#include "core/text/duration.h"
#include "core/text/utf8.h"

namespace sinkmoe::live {

namespace {

constexpr const char* kBlocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr const char* kMarks[] = {"_", ".", "-", "=", "+", "*", "%", "#"};
constexpr size_t kLevels = std::size(kBlocks);

std::string fit(const std::string& text, size_t columns) {
  return std::string(first_characters(one_line(text), columns));
}

std::string short_count(double value) {
  for (const auto& [size, unit] :
       {std::pair(1e12, "T"), std::pair(1e9, "G"), std::pair(1e6, "M"), std::pair(1e3, "k")})
    if (value >= size) return fmt::format("{:.3g}{}", value / size, unit);
  return fmt::format("{:.3g}", value);
}

// Means of `width` equal parts of the steps.
std::vector<double> resample(const Curve& curve, size_t width) {
  std::vector<double> sums(width), counts(width);
  const auto first = static_cast<double>(curve.front().step);
  const double span = std::max(static_cast<double>(curve.back().step) - first, 1.0);
  for (const CurvePoint& point : curve) {
    const double place = (static_cast<double>(point.step) - first) / span;
    const size_t part =
        std::min(static_cast<size_t>(place * static_cast<double>(width)), width - 1);
    sums[part] += point.value;
    ++counts[part];
  }
  for (size_t i = 0; i < width; ++i)
    sums[i] = counts[i] > 0 ? sums[i] / counts[i] : (i > 0 ? sums[i - 1] : curve.front().value);
  return sums;
}

std::string bar(double part, size_t width, bool ascii) {
  const auto full =
      static_cast<size_t>(std::lround(std::clamp(part, 0.0, 1.0) * static_cast<double>(width)));
  std::string text;
  for (size_t i = 0; i < width; ++i) text += i < full ? (ascii ? "#" : "█") : (ascii ? "." : "░");
  return text;
}

std::string state_counts(const SweepView& sweep) {
  std::string text = counted(sweep.total, "run");
  for (const auto& [status, count] : sweep.states)
    text += fmt::format(", {} {}", count, name_of(status));
  return text;
}

std::string curve_line(const char* name, const Curve& curve, const ScreenSize& size) {
  if (curve.empty()) return "";
  const std::string numbers =
      fmt::format("{:.4g} to {:.4g}", curve.front().value, curve.back().value);
  const std::string start = fmt::format("  {:<9} {:>21}  ", name, numbers);
  const size_t used = characters(start);
  if (size.columns < used + 8) return start;
  return start + sparkline(curve, std::min<size_t>(size.columns - used, 60), size.ascii);
}

std::string speed_text(const RunView& run) {
  std::string text;
  if (run.tokens_per_second) text += fmt::format("  {} tok/s", short_count(*run.tokens_per_second));
  if (run.flops_per_second) text += fmt::format("  {}FLOP/s", short_count(*run.flops_per_second));
  if (run.share) text += fmt::format(" ({:.0f}% of a matrix product)", 100 * *run.share);
  return text;
}

// The numbers that one looks at first; the page and --json have all of them.
std::string evaluation_line(const RunView& run) {
  if (run.evaluated_at < 0) return "";
  std::string text = fmt::format("  evaluation at step {}:", run.evaluated_at);
  for (const char* name :
       {"eval/loss", "eval/bits_per_byte", "eval/imbalance", "eval/sink_rate", "task/mean"})
    for (const auto& [known, value] : run.evaluation)
      if (known == name)
        text += fmt::format(" {} {:.4g}{}", std::string(name).substr(5), value,
                            known == "eval/sink_rate" ? "%" : "");
  return text;
}

std::vector<std::string> run_lines(const RunView& run, const ScreenSize& size) {
  std::vector<std::string> lines = {run.run_id.substr(0, 8) + "  " + run.label};
  const double part =
      run.steps > 0 ? static_cast<double>(run.step) / static_cast<double>(run.steps) : 0;
  std::string progress = run.steps == 0 ? "  evaluates, no training"
                                        : fmt::format("  step {}/{} {:.0f}%{}", run.step, run.steps,
                                                      100 * part, speed_text(run));
  if (run.seconds_left >= 0) progress += "  " + clock_text(run.seconds_left) + " left";
  lines.push_back(progress);
  for (const std::string& line :
       {curve_line("loss", run.loss, size), curve_line("imbalance", run.imbalance, size),
        evaluation_line(run)})
    if (!line.empty()) lines.push_back(line);
  return lines;
}

}  // namespace

std::string sparkline(const Curve& curve, size_t width, bool ascii) {
  if (curve.empty() || width == 0) return "";
  const std::vector<double> values = resample(curve, width);
  const auto [lo, hi] = std::minmax_element(values.begin(), values.end());
  const double low = *lo, span = *hi - *lo;
  std::string text;
  for (const double value : values) {
    const double place = span > 0 ? (value - low) / span : 0;
    const size_t level =
        std::min(static_cast<size_t>(place * static_cast<double>(kLevels)), kLevels - 1);
    text += ascii ? kMarks[level] : kBlocks[level];
  }
  return text;
}

std::string summary(const SweepView& sweep) {
  std::string text =
      fmt::format("{}: {} of {} done", sweep.experiment, sweep.count(RunStatus::done), sweep.total);
  if (sweep.leases > 0) text += fmt::format(", {} running", sweep.leases);
  if (sweep.failed() > 0) text += fmt::format(", {} failed", sweep.failed());
  if (sweep.open() > 0) text += ", " + clock_text(sweep.seconds_left) + " left";
  return one_line(text);
}

std::vector<std::string> screen(const SweepView& sweep, const ScreenSize& size) {
  std::vector<std::string> lines;
  lines.push_back(sweep.experiment + (sweep.title.empty() ? "" : ": " + sweep.title));
  lines.push_back(state_counts(sweep) + "   " + sweep.database +
                  (sweep.drills ? " (a drill: the numbers are invented)" : ""));
  const auto ended = static_cast<double>(sweep.total - sweep.open());
  const double part = sweep.total > 0 ? ended / static_cast<double>(sweep.total) : 0;
  std::string left =
      sweep.open() == 0 ? "  ended" : "  " + clock_text(sweep.seconds_left) + " left";
  if (size.columns > 40)
    left = bar(part, std::min<size_t>(size.columns - 24, 40), size.ascii) +
           fmt::format(" {:.0f}%", 100 * part) + left;
  lines.push_back(left);

  size_t shown = 0;
  for (const RunView& run : sweep.running) {
    std::vector<std::string> more = run_lines(run, size);
    if (lines.size() + more.size() + 2 > size.rows) break;  // keeps a line for the count
    lines.emplace_back();
    lines.insert(lines.end(), more.begin(), more.end());
    ++shown;
  }
  if (shown < sweep.running.size())
    lines.push_back(fmt::format("... and {} more that run", sweep.running.size() - shown));
  if (sweep.last && shown == sweep.running.size()) {
    std::vector<std::string> more = run_lines(*sweep.last, size);
    if (lines.size() + more.size() + 2 <= size.rows) {
      lines.emplace_back();
      lines.push_back("ended last, " + name_of(sweep.last->status) +
                      (sweep.last->message.empty() ? "" : ": " + sweep.last->message));
      lines.insert(lines.end(), more.begin(), more.end());
    }
  }
  if (lines.size() > size.rows) lines.resize(size.rows);
  for (std::string& line : lines) line = fit(line, size.columns);
  return lines;
}

}  // namespace sinkmoe::live
