#include "report/draw/plot/plot_axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/text/number.h"

namespace sinkmoe::report {

namespace {

// 1, 2, 5, 10, ... inside the range, because a short logarithmic axis has too few powers of ten.
std::string tics_1_2_5(Range range) {
  std::string text;
  for (int power = static_cast<int>(std::floor(std::log10(range.low)));
       std::pow(10.0, power) <= range.high; ++power)
    for (const int step : {1, 2, 5}) {
      const double at = step * std::pow(10.0, power);
      if (at >= range.low && at <= range.high)
        text += fmt::format("{}{:.6g}", text.empty() ? "" : ", ", at);
    }
  return text;
}

}  // namespace

Range axis_range(const std::vector<double>& values, const FigureAxis& axis) {
  Range r;
  if (axis.log) r = {0.1, 1};
  if (!values.empty()) {
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    if (axis.log) {
      const double room = std::max(std::pow(*high / *low, 0.05), 1.05);
      r = {*low / room, *high * room};
    } else {
      const double room =
          *high > *low ? 0.05 * (*high - *low) : std::max(0.05 * std::abs(*high), 1e-12);
      r = {*low - room, *high + room};
    }
  }
  if (axis.from) r.low = *axis.from;
  if (axis.to) r.high = *axis.to;
  if (r.low >= r.high) r.high = axis.log ? r.low * 10 : r.low + 1;
  return r;
}

std::string axis_label(const FigureAxis& axis) {
  return axis.title + (axis.unit.empty() ? "" : " (" + axis.unit + ")");
}

std::string axis_commands(const std::string& name, const FigureAxis& axis, Range range,
                          bool numbered) {
  std::string text =
      fmt::format("{} logscale {}\nset {}range [{}:{}]\n", axis.log ? "set" : "unset", name, name,
                  shortest(range.low), shortest(range.high));
  const bool short_log = axis.log && range.high / range.low < 150;
  text +=
      fmt::format("set {}tics {}\n", name, short_log ? "(" + tics_1_2_5(range) + ")" : "autofreq");
  return text + fmt::format("set format {} '{}'\n", name, numbered ? "%g" : "");
}

std::string guide_commands(const FigureAxis& x, const FigureAxis& y) {
  std::string text = "unset arrow\n";
  const std::string style = "nohead lc rgb '#808080' lw 1 dt 2 back\n";
  if (x.guide)
    text +=
        fmt::format("set arrow from first {0}, graph 0 to first {0}, graph 1 {1}", *x.guide, style);
  if (y.guide)
    text +=
        fmt::format("set arrow from graph 0, first {0} to graph 1, first {0} {1}", *y.guide, style);
  return text;
}

}  // namespace sinkmoe::report
