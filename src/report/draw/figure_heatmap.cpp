// Heatmap: layer by head, one run per panel.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/error.h"
#include "core/text/number.h"
#include "report/draw/row_marks.h"
#include "report/text/escape.h"

namespace sinkmoe::report {

namespace {

struct HeatmapData {
  std::string blocks;
  std::vector<double> values;
  double heads = 0, layers = 0;  // largest index
};

// Cividis in ten steps: uniform in lightness, readable with any colour vision.
constexpr const char* kPalette =
    "set palette defined (0 '#00224e', 1 '#123570', 2 '#3b496c', 3 '#575d6d', 4 '#707173', 5 "
    "'#8a8678', "
    "6 '#a59c74', 7 '#c3b369', 8 '#e1cc55', 9 '#fee838')\n";

void add_panel(const FigureInput& input, const RowMarks& marks, const PlotFrame& frame,
               size_t panel, HeatmapData& data) {
  const Layout& layout = input.spec.layout;
  const size_t value = require_column(input.rows, layout.color.column, input.spec.path);
  std::set<std::pair<double, double>> taken;
  data.blocks += fmt::format("$d{} << EOD\n", panel);
  for (const size_t r : marks.rows) {
    const auto& row = input.rows.rows[r];
    if (!marks.in_panel(row, frame, panel) || is_null(row[value])) continue;
    const double x = mark_number(row[marks.x], input), y = mark_number(row[marks.y], input);
    if (!taken.emplace(x, y).second)
      throw Error(fmt::format("two rows for {} {}, {} {} in one panel", layout.y.column, y,
                              layout.x.column, x),
                  input.spec.path, "choose one run per panel in the query");
    data.values.push_back(mark_number(row[value], input));
    data.heads = std::max(data.heads, x);
    data.layers = std::max(data.layers, y);
    data.blocks += fmt::format("{0} {1} {2} {3} {4} {5} {6}\n", x, y, x - 0.5, x + 0.5, y - 0.5,
                               y + 0.5, shortest(data.values.back()));
  }
  data.blocks += "EOD\n";
}

std::string plot_heatmap(const HeatmapData& data, Range color, size_t panel) {
  std::string text = fmt::format(
      "plot $d{} using 1:2:3:4:5:6:7 with boxxyerror fs solid 1 noborder lc palette notitle",
      panel);
  if (data.heads >= 16) return text + "\n";
  // White numbers on dark cells, black numbers on light cells.
  const std::string middle = shortest(color.low + 0.45 * (color.high - color.low));
  for (const auto& [test, ink] : {std::pair("<", "white"), std::pair(">=", "black")})
    text += fmt::format(
        ", $d{} using 1:2:($7 {} {} ? sprintf('%.2f', $7) : '') with labels tc rgb '{}' font ',9' "
        "notitle",
        panel, test, middle, ink);
  return text + "\n";
}

PageSetup page_of(const FigureInput& input) {
  const auto count = [&](const FigureAxis& axis) {
    return static_cast<double>(ordered_values(input.rows, axis.column, input.spec.path).size());
  };
  PageSetup page{input.document.title, caption_of(input, "One run a panel;")};
  page.panel_width = std::clamp(46 * count(input.spec.layout.x), 184.0, 420.0);
  page.panel_height = std::clamp(34 * count(input.spec.layout.y), 68.0, 400.0);
  page.right = 112;
  return page;
}

}  // namespace

void draw_heatmap(const FigureInput& input) {
  const Layout& layout = input.spec.layout;
  const RowMarks marks = row_marks(input);
  const PlotFrame frame(panel_axis(input, layout.panel_cols), panel_axis(input, layout.panel_rows),
                        page_of(input));
  HeatmapData data;
  for (size_t i = 0; i < frame.panels(); ++i) add_panel(input, marks, frame, i, data);
  const Range color = axis_range(data.values, layout.color);
  const Range x_range{-0.5, data.heads + 0.5}, y_range{data.layers + 0.5, -0.5};  // layer 0 on top
  std::vector<Panel> panels;
  for (size_t i = 0; i < frame.panels(); ++i) {
    Panel panel{frame.panel(i, layout.x, x_range, layout.y, y_range), plot_heatmap(data, color, i)};
    panel.settings +=
        fmt::format("set xtics {}\nset ytics {}\nset cbrange [{}:{}]\n", data.heads < 16 ? 1 : 4,
                    data.layers < 16 ? 1 : 4, shortest(color.low), shortest(color.high));
    if (i == 0) {
      panel.settings += kPalette + std::string("unset grid\nset border 15\nset colorbox ") +
                        frame.colorbox_place() + "\nset cblabel " +
                        gnuplot_string(axis_label(layout.color)) + " noenhanced offset -0.5,0\n";
      panel.plot += "unset colorbox\n";
    }
    panels.push_back(std::move(panel));
  }
  input.document.figure = frame.figure(data.blocks, panels);
}

}  // namespace sinkmoe::report
