#include "report/draw/plot/plot_axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/text/number.h"
#include "report/text/escape.h"

namespace sinkmoe::report {

namespace {

constexpr int kMostDecimals = 5;  // beyond this, numbers are written with a power of ten
constexpr int kMostDecades = 7;   // that get a tick each

// Decimals that a number needs, up to one more than are shown.
int decimals_of(double value) {
  for (int digits = 0; digits <= kMostDecimals; ++digits) {
    const double scale = std::pow(10.0, digits);
    if (std::abs(std::round(value * scale) / scale - value) <= 1e-9 * std::abs(value))
      return digits;
  }
  return kMostDecimals + 1;
}

// "5e-06" becomes "5e-6".
std::string with_power(double value) {
  if (value == 0) return "0";
  const std::string text =
      fmt::format("{:.6g}", value / std::pow(10.0, std::floor(std::log10(std::abs(value)) + 1e-9)));
  return text + "e" +
         std::to_string(static_cast<int>(std::floor(std::log10(std::abs(value)) + 1e-9)));
}

// Round numbers with steps of 1, 2 or 5 times a power of ten.
std::vector<double> even_places(Range range) {
  const double low = std::min(range.low, range.high), high = std::max(range.low, range.high);
  const double rough = (high - low) / 5, power = std::pow(10.0, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double factor : {5.0, 2.0, 1.0})
    if (1.25 * factor * power >= rough) step = factor * power;
  std::vector<double> places;
  const auto first = static_cast<int64_t>(std::ceil(low / step - 1e-9));
  for (int64_t i = first; static_cast<double>(i) * step <= high + 1e-9 * step; ++i)
    places.push_back(static_cast<double>(i) * step);
  return places;
}

// 1, 2, 5, 10, ... inside the range, because a short logarithmic axis has too few powers of ten.
std::vector<double> places_1_2_5(Range range) {
  std::vector<double> places;
  for (int power = static_cast<int>(std::floor(std::log10(range.low)));
       std::pow(10.0, power) <= range.high; ++power)
    for (const int step : {1, 2, 5}) {
      const double at = step * std::pow(10.0, power);
      if (at >= range.low && at <= range.high) places.push_back(at);
    }
  return places;
}

std::vector<double> decades(Range range) {
  const int first = static_cast<int>(std::ceil(std::log10(range.low) - 1e-9)),
            last = static_cast<int>(std::floor(std::log10(range.high) + 1e-9));
  const int stride = (last - first) / kMostDecades + 1;
  std::vector<double> places;
  for (int power = first; power <= last; power += stride) places.push_back(std::pow(10.0, power));
  return places;
}

}  // namespace

std::vector<double> tick_places(Range range, bool log) {
  if (!log) return even_places(range);
  std::vector<double> places = range.high / range.low < 150 ? places_1_2_5(range) : decades(range);
  return places.size() < 2 ? even_places(range) : places;
}

std::vector<std::string> tick_labels(const std::vector<double>& places) {
  int digits = 0;
  double most = 0;
  for (const double p : places) {
    digits = std::max(digits, decimals_of(p));
    most = std::max(most, std::abs(p));
  }
  std::vector<std::string> labels;
  const bool powers = digits > kMostDecimals || most >= 1e7;
  for (const double p : places) {
    if (powers) {
      labels.push_back(with_power(p));
    } else {
      std::string text = fmt::format("{:.{}f}", p, decimals_of(p));
      labels.push_back(text == "-0" ? "0" : text);
    }
  }
  return labels;
}

std::string tick_commands(const std::string& name, const std::vector<double>& places,
                          bool numbered) {
  const std::vector<std::string> labels = tick_labels(places);
  std::string text;
  for (size_t i = 0; i < places.size(); ++i)
    text += (i ? ", " : "") + gnuplot_string(numbered ? labels[i] : "") + " " +
            fmt::format("{:.12g}", places[i]);
  return "set " + name + "tics (" + text + ") noenhanced\n";
}

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
  return text + tick_commands(name, tick_places(range, axis.log), numbered);
}

std::string guide_commands(const FigureAxis& x, Range x_range, const FigureAxis& y, Range y_range) {
  std::string text = "unset arrow\n";
  const std::string style = "nohead lc rgb '#808080' lw 1 dt 2 back\n";
  // gnuplot cuts no arrow at the frame: one beyond the range would cross titles and caption.
  const auto shown = [](const FigureAxis& axis, Range range) {
    return axis.guide && *axis.guide >= range.low && *axis.guide <= range.high;
  };
  if (shown(x, x_range))
    text +=
        fmt::format("set arrow from first {0}, graph 0 to first {0}, graph 1 {1}", *x.guide, style);
  if (shown(y, y_range))
    text +=
        fmt::format("set arrow from graph 0, first {0} to graph 1, first {0} {1}", *y.guide, style);
  return text;
}

}  // namespace sinkmoe::report
