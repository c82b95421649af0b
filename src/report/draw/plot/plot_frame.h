// The page of a figure: title, legend, a grid of panels of equal size, caption. Writes gnuplot
// commands.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/document/document.h"

namespace sinkmoe::report {

// Colours of Okabe and Ito (distinct with any colour vision), each with its own dash and point
// type.
struct SeriesStyle {
  std::string color;
  int dash = 1, point = 7;
};
SeriesStyle series_style(size_t index);

// The values of a panel axis; one empty value if there is no such axis.
struct PanelAxis {
  std::string title;
  std::vector<std::string> values = {""};
};

struct Range {
  double low = 0, high = 1;
};

// Smallest range with a margin around all values (0 to 1 if there are none). Limits given for the
// axis replace its ends.
Range axis_range(const std::vector<double>& values, const FigureAxis& axis);

struct PageSetup {
  std::string title;
  std::vector<std::string> caption;  // paragraphs, wrapped to the width
  std::vector<std::string> legend;   // one entry per series; empty: no legend
  enum class Sample { kLine, kPoint, kBox } sample = Sample::kLine;
  double panel_width = 300, panel_height = 230, right = 24;
};

// What is drawn in one panel.
struct Panel {
  std::string settings, plot;
};

class PlotFrame {
 public:
  PlotFrame(PanelAxis cols, PanelAxis rows, const PageSetup& setup);

  size_t panels() const { return cols_.values.size() * rows_.values.size(); }
  size_t columns() const { return cols_.values.size(); }
  const std::string& col_value(size_t panel) const { return cols_.values[panel % columns()]; }
  const std::string& row_value(size_t panel) const { return rows_.values[panel / columns()]; }
  bool last_row(size_t panel) const { return panel / columns() + 1 == rows_.values.size(); }
  bool first_col(size_t panel) const { return panel % columns() == 0; }

  // Margins, title, ranges, guides and ticks of one panel. Axis labels and tick numbers appear only
  // below the last row and left of the first column.
  std::string panel(size_t index, const FigureAxis& x, Range x_range, const FigureAxis& y,
                    Range y_range) const;
  // Where a value lies: screen points from the upper left corner of the page.
  FigureMark mark(size_t index, const FigureAxis& x, Range x_range, double at_x,
                  const FigureAxis& y, Range y_range, double at_y, const std::string& text) const;
  // Position of a colour bar right of the panels, as arguments of `set colorbox`.
  std::string colorbox_place() const;

  // The whole drawing: `data` are data blocks.
  Figure figure(const std::string& data, const std::vector<Panel>& panels) const;

 private:
  double screen_x(double points) const { return points / width_; }
  double screen_y(double points_from_top) const { return 1 - points_from_top / height_; }
  double left(size_t panel) const;
  double top(size_t panel) const;
  std::string panel_title(size_t panel) const;
  std::string head_and_foot() const;
  std::string legend() const;
  double sample_width() const;
  std::string legend_sample(size_t series, double x, double y) const;

  PanelAxis cols_, rows_;
  PageSetup setup_;
  std::vector<std::string> title_, caption_;  // lines
  double entry_width_ = 0;                    // of the legend
  size_t entries_in_line_ = 1;
  double legend_top_ = 0, first_top_ = 0, width_ = 0, height_ = 0;
};

std::string axis_label(const FigureAxis& axis);

}  // namespace sinkmoe::report
