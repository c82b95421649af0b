// The page of a figure: title, legend, a grid of panels of equal size, caption. Writes gnuplot
// commands.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "report/document.h"

namespace sinkmoe {

// Colours of Okabe and Ito (told apart with any colour vision), each with its own dash and point
// type.
struct SeriesStyle {
  std::string color;
  int dash = 1, point = 7;
};
SeriesStyle series_style(size_t index);

// The values of a panel axis; one empty value where there is none.
struct PanelAxis {
  std::string title;
  std::vector<std::string> values = {""};
};

struct Range {
  double low = 0, high = 1;
};

// Smallest range with room around all values (none: 0 to 1), its ends replaced by the axis' own
// limits.
Range axis_range(const std::vector<double>& values, const Axis& axis);

class PlotFrame {
 public:
  struct Text {
    std::string title;
    std::vector<std::string> caption;  // each wrapped to the width
  };
  struct Size {
    double panel_width = 300, panel_height = 230, right = 24;
    size_t legend_lines = 0;
  };

  PlotFrame(PanelAxis cols, PanelAxis rows, const Text& text, const Size& size);

  size_t panels() const { return cols_.values.size() * rows_.values.size(); }
  size_t columns() const { return cols_.values.size(); }
  const std::string& col_value(size_t panel) const { return cols_.values[panel % columns()]; }
  const std::string& row_value(size_t panel) const { return rows_.values[panel / columns()]; }

  // Axis labels (x below the last row, y left of the first column), ranges, guides, title of one
  // panel.
  std::string panel(size_t index, const Axis& x, Range x_range, const Axis& y, Range y_range) const;
  // Place of the legend, as arguments of `set key`.
  std::string legend_place() const;
  // Place of a colour bar right of the panels, as arguments of `set colorbox`.
  std::string colorbox_place() const;

  // The whole drawing: `data` are data blocks, `panels` the commands of each panel.
  Figure figure(const std::string& data, const std::vector<std::string>& panels) const;

 private:
  double screen_x(double points) const { return points / width_; }
  double screen_y(double points_from_top) const { return 1 - points_from_top / height_; }
  double left(size_t panel) const;
  double top(size_t panel) const;
  std::string panel_title(size_t panel) const;

  PanelAxis cols_, rows_;
  std::string title_;
  std::vector<std::string> caption_;
  Size size_;
  double first_top_ = 0, width_ = 0, height_ = 0;
};

std::string axis_label(const Axis& axis);

}  // namespace sinkmoe
