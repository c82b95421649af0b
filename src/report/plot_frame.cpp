#include "report/plot_frame.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/text.h"
#include "report/escape.h"

namespace sinkmoe {

namespace {

// Points of the screen. A text of 11 points is about 6.4 wide a letter in DejaVu Sans, one of 9
// points 5.4.
constexpr double kLeft = 76, kGapX = 22, kGapY = 34, kTitle = 34, kLegendLine = 20,
                 kPanelTitle = 22, kAxis = 52, kCaptionLine = 14, kCaptionLetter = 5.5,
                 kTitleLetter = 8.2;

std::vector<std::string> wrap(const std::string& text, size_t letters) {
  std::vector<std::string> lines;
  std::string line;
  for (const std::string& word : split(one_line(text), ' ')) {
    if (!line.empty() && line.size() + word.size() + 1 > letters) {
      lines.push_back(line);
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  if (!line.empty()) lines.push_back(line);
  return lines;
}

std::string label(const std::string& text, double x, double y, const std::string& more) {
  return fmt::format("set label {} at screen {:.5f},{:.5f} {} noenhanced\n", gnuplot_string(text),
                     x, y, more);
}

std::string guides(const Axis& x, const Axis& y) {
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

std::string scale(const char* name, const Axis& axis, Range range) {
  return fmt::format("{} logscale {}\nset {}range [{}:{}]\n", axis.log ? "set" : "unset", name,
                     name, shortest(range.low), shortest(range.high));
}

}  // namespace

SeriesStyle series_style(size_t index) {
  static const char* const colors[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                       "#E69F00", "#56B4E9", "#000000"};
  static const int points[] = {7, 5, 9, 11, 13, 6, 4};
  return {colors[index % 7], static_cast<int>(index % 5) + 1, points[index % 7]};
}

std::string axis_label(const Axis& axis) {
  return axis.title + (axis.unit.empty() ? "" : " (" + axis.unit + ")");
}

Range axis_range(const std::vector<double>& values, const Axis& axis) {
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

PlotFrame::PlotFrame(PanelAxis cols, PanelAxis rows, const Text& text, const Size& size)
    : cols_(std::move(cols)), rows_(std::move(rows)), size_(size) {
  const double nx = static_cast<double>(cols_.values.size()),
               ny = static_cast<double>(rows_.values.size());
  width_ = kLeft + nx * size_.panel_width + (nx - 1) * kGapX + size_.right;
  const auto titles = wrap(text.title, static_cast<size_t>(width_ / kTitleLetter));
  for (const std::string& t : titles) title_ += (title_.empty() ? "" : "\n") + t;
  for (const std::string& paragraph : text.caption)
    for (const std::string& line :
         wrap(paragraph, static_cast<size_t>((width_ - 24) / kCaptionLetter)))
      caption_.push_back(line);
  const double title_lines = static_cast<double>(std::max<size_t>(titles.size(), 1));
  first_top_ = kTitle + (title_lines - 1) * 20 +
               kLegendLine * static_cast<double>(size_.legend_lines) + kPanelTitle;
  height_ = first_top_ + ny * size_.panel_height + (ny - 1) * kGapY + kAxis +
            kCaptionLine * static_cast<double>(caption_.size()) + 8;
}

double PlotFrame::left(size_t panel) const {
  return kLeft + static_cast<double>(panel % columns()) * (size_.panel_width + kGapX);
}

double PlotFrame::top(size_t panel) const {
  return first_top_ + static_cast<double>(panel / columns()) * (size_.panel_height + kGapY);
}

std::string PlotFrame::panel_title(size_t panel) const {
  const auto part = [](const PanelAxis& axis, const std::string& value) {
    return value.empty() || axis.title.empty() ? value : axis.title + " " + value;
  };
  const std::string col = part(cols_, col_value(panel)), row = part(rows_, row_value(panel));
  return col + (col.empty() || row.empty() ? "" : ", ") + row;
}

std::string PlotFrame::panel(size_t index, const Axis& x, Range x_range, const Axis& y,
                             Range y_range) const {
  std::string text = fmt::format(
      "set lmargin at screen {:.5f}\nset rmargin at screen {:.5f}\nset tmargin at screen {:.5f}\n"
      "set bmargin at screen {:.5f}\n",
      screen_x(left(index)), screen_x(left(index) + size_.panel_width), screen_y(top(index)),
      screen_y(top(index) + size_.panel_height));
  const bool last_row = index / columns() + 1 == rows_.values.size(),
             first_col = index % columns() == 0;
  text += "set title " + gnuplot_string(panel_title(index)) + " noenhanced offset 0,-0.6\n";
  text += "set xlabel " + gnuplot_string(last_row ? axis_label(x) : "") + " noenhanced\n";
  text +=
      "set ylabel " + gnuplot_string(first_col ? axis_label(y) : "") + " noenhanced offset 0.5,0\n";
  text += scale("x", x, x_range) + scale("y", y, y_range) + guides(x, y);
  return text + (first_col ? "set format y '%g'\n" : "set format y ''\n");
}

std::string PlotFrame::legend_place() const {
  const double lines = static_cast<double>(size_.legend_lines);
  const double middle = first_top_ - kPanelTitle - kLegendLine * lines / 2;
  return fmt::format(
      "at screen {:.5f},{:.5f} center center horizontal Left reverse noenhanced nobox samplen 2",
      0.5 + screen_x(kLeft - size_.right) / 2, screen_y(middle));
}

std::string PlotFrame::colorbox_place() const {
  const double height =
      std::min(size_.panel_height * static_cast<double>(rows_.values.size()), 260.0);
  return fmt::format("vertical user origin screen {:.5f},{:.5f} size screen {:.5f},{:.5f}",
                     screen_x(width_ - size_.right + 18), screen_y(first_top_ + height),
                     screen_x(14), height / height_);
}

Figure PlotFrame::figure(const std::string& data, const std::vector<std::string>& panels) const {
  Figure f;
  f.width = static_cast<int>(std::lround(width_));
  f.height = static_cast<int>(std::lround(height_));
  f.script = data;
  f.script += "set multiplot\nset tics out nomirror\nset border 3 lc rgb '#404040'\nunset key\n";
  f.script += "set grid lc rgb '#e4e4e4' lt 1 lw 0.6\n";
  const auto titles = split(title_, '\n');
  for (size_t i = 0; i < titles.size(); ++i)
    f.script +=
        label(titles[i], 0.5, screen_y(17 + 20 * static_cast<double>(i)), "center font ',14'");
  for (size_t i = 0; i < caption_.size(); ++i)
    f.script += label(
        caption_[i], screen_x(12),
        screen_y(height_ - 8 - kCaptionLine * (static_cast<double>(caption_.size() - i) - 0.5)),
        "left font ',9' tc rgb '#404040'");
  for (size_t i = 0; i < panels.size(); ++i)
    f.script += panels[i] + (i == 0 ? "unset label\nunset key\n" : "");
  f.script += "unset multiplot\n";
  return f;
}

}  // namespace sinkmoe
