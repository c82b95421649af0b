#include "report/draw/plot/plot_frame.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/text/split_join.h"
#include "core/text/utf8.h"
#include "report/draw/plot/plot_axis.h"
#include "report/text/escape.h"
#include "report/text/number_text.h"

namespace sinkmoe::report {

namespace {

// Lengths in screen points. Letter widths are means of DejaVu Sans, rounded up.
constexpr double kLeft = 112, kGapX = 34, kGapY = 36, kTitleLine = 22, kLegendLine = 20,
                 kPanelTitle = 26, kAxis = 66, kCaptionLine = 15, kCaptionLetter = 6.6,
                 kTitleLetter = 10.0, kLetter = 7.4, kSample = 50;

std::vector<std::string> wrap(const std::string& text, double width, double letter) {
  const auto most = static_cast<size_t>(width / letter);
  std::vector<std::string> lines;
  std::string line;
  for (const std::string& word : split(one_line(text), ' ')) {
    if (!line.empty() && characters(line) + characters(word) + 1 > most) {
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

double count(size_t n) { return static_cast<double>(n); }

// The position of a value on its axis, from 0 to 1.
double share_of(const FigureAxis& axis, Range range, double value) {
  if (!axis.log) return (value - range.low) / (range.high - range.low);
  return std::log(value / range.low) / std::log(range.high / range.low);
}

}  // namespace

SeriesStyle series_style(size_t index) {
  static const char* const colors[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                       "#E69F00", "#56B4E9", "#000000"};
  static const int points[] = {7, 5, 9, 11, 13, 6, 4};
  return {colors[index % 7], static_cast<int>(index % 5) + 1, points[index % 7]};
}

PlotFrame::PlotFrame(PanelAxis cols, PanelAxis rows, const PageSetup& setup)
    : cols_(std::move(cols)), rows_(std::move(rows)), setup_(setup) {
  const double nx = count(cols_.values.size()), ny = count(rows_.values.size());
  width_ = kLeft + nx * setup_.panel_width + (nx - 1) * kGapX + setup_.right;
  title_ = wrap(setup_.title, width_ - 20, kTitleLetter);
  for (const std::string& paragraph : setup_.caption)
    for (const std::string& line : wrap(paragraph, width_ - 24, kCaptionLetter))
      caption_.push_back(line);
  for (const std::string& entry : setup_.legend)
    entry_width_ = std::max(entry_width_, sample_width() + kLetter * count(characters(entry)) + 20);
  size_t legend_lines = 0;
  if (!setup_.legend.empty()) {
    const auto fit = static_cast<size_t>((width_ - 20) / entry_width_);
    entries_in_line_ = std::clamp<size_t>(fit, 1, setup_.legend.size());
    legend_lines = (setup_.legend.size() + entries_in_line_ - 1) / entries_in_line_;
  }
  legend_top_ = 12 + kTitleLine * count(title_.size());
  first_top_ = legend_top_ + kLegendLine * count(legend_lines) + kPanelTitle;
  height_ = first_top_ + ny * setup_.panel_height + (ny - 1) * kGapY + kAxis +
            kCaptionLine * count(caption_.size()) + 8;
}

double PlotFrame::left(size_t panel) const {
  return kLeft + count(panel % columns()) * (setup_.panel_width + kGapX);
}

double PlotFrame::top(size_t panel) const {
  return first_top_ + count(panel / columns()) * (setup_.panel_height + kGapY);
}

std::string PlotFrame::panel_title(size_t panel) const {
  const auto part = [](const PanelAxis& axis, const std::string& value) {
    return value.empty() || axis.title.empty() ? plain_key(value)
                                               : axis.title + " " + plain_key(value);
  };
  const std::string col = part(cols_, col_value(panel)), row = part(rows_, row_value(panel));
  return col + (col.empty() || row.empty() ? "" : ", ") + row;
}

std::string PlotFrame::panel(size_t index, const FigureAxis& x, Range x_range, const FigureAxis& y,
                             Range y_range) const {
  std::string text = fmt::format(
      "set lmargin at screen {:.5f}\nset rmargin at screen {:.5f}\nset tmargin at screen {:.5f}\n"
      "set bmargin at screen {:.5f}\n",
      screen_x(left(index)), screen_x(left(index) + setup_.panel_width), screen_y(top(index)),
      screen_y(top(index) + setup_.panel_height));
  const bool below = last_row(index), beside = first_col(index);
  text += "set title " + gnuplot_string(panel_title(index)) + " noenhanced offset 0,-0.6\n";
  text += "set xlabel " + gnuplot_string(below ? axis_label(x) : "") + " noenhanced\n";
  text +=
      "set ylabel " + gnuplot_string(beside ? axis_label(y) : "") + " noenhanced offset 0.5,0\n";
  return text + axis_commands("x", x, x_range, below) + axis_commands("y", y, y_range, beside) +
         guide_commands(x, x_range, y, y_range);
}

FigureMark PlotFrame::mark(size_t index, const FigureAxis& x, Range x_range, double at_x,
                           const FigureAxis& y, Range y_range, double at_y,
                           const std::string& text) const {
  const std::string panel = panel_title(index);
  return {left(index) + setup_.panel_width * share_of(x, x_range, at_x),
          top(index) + setup_.panel_height * (1 - share_of(y, y_range, at_y)),
          panel.empty() ? text : panel + ": " + text};
}

std::string PlotFrame::colorbox_place() const {
  const double height = std::min(setup_.panel_height * count(rows_.values.size()), 260.0);
  return fmt::format("vertical user origin screen {:.5f},{:.5f} size screen {:.5f},{:.5f}",
                     screen_x(width_ - setup_.right + 18), screen_y(first_top_ + height),
                     screen_x(14), height / height_);
}

double PlotFrame::sample_width() const {
  return setup_.sample == PageSetup::Sample::kLine ? kSample : kSample - 16;
}

std::string PlotFrame::legend_sample(size_t series, double x, double y) const {
  const SeriesStyle s = series_style(series);
  const double to = x + sample_width() - 8, middle = (x + to) / 2;
  if (setup_.sample == PageSetup::Sample::kBox)
    return fmt::format(
        "set object rectangle from screen {:.5f},{:.5f} to screen {:.5f},{:.5f} fc rgb '{}' "
        "fs solid 0.85 noborder\n",
        screen_x(x), screen_y(y + 5), screen_x(to), screen_y(y - 5), s.color);
  std::string text;
  if (setup_.sample == PageSetup::Sample::kLine)
    text = fmt::format(
        "set arrow from screen {:.5f},{:.5f} to screen {:.5f},{:.5f} nohead lc rgb '{}' dt {} lw "
        "1.8\n",
        screen_x(x), screen_y(y), screen_x(to), screen_y(y), s.color, s.dash);
  return text + fmt::format("set label '' at screen {:.5f},{:.5f} point pt {} ps 0.7 lc rgb '{}'\n",
                            screen_x(middle), screen_y(y), s.point, s.color);
}

std::string PlotFrame::legend() const {
  std::string text;
  const size_t n = setup_.legend.size();
  for (size_t i = 0; i < n; ++i) {
    const size_t line = i / entries_in_line_,
                 in_line = std::min(entries_in_line_, n - line * entries_in_line_);
    const double start = (width_ - entry_width_ * count(in_line) + 20) / 2;
    const double x = start + entry_width_ * count(i % entries_in_line_);
    const double y = legend_top_ + kLegendLine * (count(line) + 0.5);
    text += legend_sample(i, x, y) +
            label(setup_.legend[i], screen_x(x + sample_width()), screen_y(y), "left");
  }
  return text;
}

std::string PlotFrame::head_and_foot() const {
  std::string text;
  for (size_t i = 0; i < title_.size(); ++i)
    text += label(title_[i], 0.5, screen_y(18 + kTitleLine * count(i)), "center font ',14'");
  for (size_t i = 0; i < caption_.size(); ++i)
    text += label(caption_[i], screen_x(12),
                  screen_y(height_ - 8 - kCaptionLine * (count(caption_.size() - i) - 0.5)),
                  "left font ',9' tc rgb '#404040'");
  return text + legend();
}

Figure PlotFrame::figure(const std::string& data, const std::vector<Panel>& panels) const {
  Figure f;
  f.width = static_cast<int>(std::lround(width_));
  f.height = static_cast<int>(std::lround(height_));
  f.head = static_cast<int>(std::lround(legend_top_)) - 4;
  f.foot = static_cast<int>(std::lround(kCaptionLine * count(caption_.size()) + 8));
  f.title = setup_.title;
  f.script = data;
  f.script += "set multiplot\nunset key\nset tics out nomirror\nset border 3 lc rgb '#404040'\n";
  f.script += "set grid lc rgb '#e4e4e4' lt 1 lw 0.6\n";
  for (size_t i = 0; i < panels.size(); ++i)
    f.script += panels[i].settings + (i == 0 ? head_and_foot() : "") + panels[i].plot +
                (i == 0 ? "unset label\nunset arrow\nunset object\n" : "");
  f.script += "unset multiplot\n";
  return f;
}

}  // namespace sinkmoe::report
