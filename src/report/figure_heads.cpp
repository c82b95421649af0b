// Heatmap (layer x head) and scatter: one mark a row of the query, nothing averaged.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/error.h"
#include "core/text.h"
#include "report/escape.h"
#include "report/figure_parts.h"

namespace sinkmoe {

namespace {

struct Columns {
  std::optional<size_t> panel_col, panel_row;
  std::vector<size_t> series;
  size_t x = 0, y = 0;
};

Columns columns_of(const FigureInput& input) {
  const Layout& layout = input.spec.layout;
  const auto at = [&](const std::string& name) {
    return require_column(input.rows, name, input.spec.path);
  };
  Columns c;
  if (layout.panel_cols) c.panel_col = at(layout.panel_cols->column);
  if (layout.panel_rows) c.panel_row = at(layout.panel_rows->column);
  for (const NamedColumn& s : layout.series) c.series.push_back(at(s.column));
  c.x = at(layout.x.column);
  c.y = at(layout.y.column);
  return c;
}

bool in_panel(const std::vector<Cell>& row, const Columns& c, const PlotFrame& frame,
              size_t panel) {
  return (!c.panel_col || to_text(row[*c.panel_col]) == frame.col_value(panel)) &&
         (!c.panel_row || to_text(row[*c.panel_row]) == frame.row_value(panel));
}

void count_seeds(const FigureInput& input, const std::vector<size_t>& rows) {
  const size_t seed = require_column(input.rows, "seed", input.spec.path);
  std::set<std::string> seeds;
  for (const size_t r : rows) seeds.insert(to_text(input.rows.rows[r][seed]));
  std::string text = seeds.size() == 1 ? "seed " : "seeds ";
  for (const std::string& s : seeds) text += (s == *seeds.begin() ? "" : ", ") + s;
  input.document.provenance.seeds =
      "n = " + std::to_string(seeds.size()) + (seeds.empty() ? " seeds" : " (" + text + ")");
}

// The rows drawn, as the query gave them.
void copy_rows(const FigureInput& input, const std::vector<size_t>& rows) {
  Table& table = input.document.data;
  table.columns = input.rows.columns;
  table.columns.emplace_back("query_sha256");
  for (const size_t r : rows) {
    table.rows.push_back(input.rows.rows[r]);
    table.rows.back().emplace_back(input.document.provenance.query_sha256);
  }
}

struct HeatmapData {
  std::string blocks;
  Range color, x, y;
  size_t heads = 0;
};

constexpr const char* kCividis =
    "set palette defined (0 '#00224e', 1 '#123570', 2 '#3b496c', 3 '#575d6d', 4 '#707173', 5 "
    "'#8a8678', "
    "6 '#a59c74', 7 '#c3b369', 8 '#e1cc55', 9 '#fee838')\n";

HeatmapData heatmap_data(const FigureInput& input, const std::vector<size_t>& rows,
                         const PlotFrame& frame, const Columns& c) {
  const Axis& color = input.spec.layout.color;
  const size_t value = require_column(input.rows, color.column, input.spec.path);
  HeatmapData data;
  std::vector<double> values;
  double heads = 0, layers = 0;
  for (size_t panel = 0; panel < frame.panels(); ++panel) {
    data.blocks += fmt::format("$d{} << EOD\n", panel);
    std::set<std::pair<double, double>> taken;
    for (const size_t r : rows) {
      const auto& row = input.rows.rows[r];
      if (!in_panel(row, c, frame, panel) || is_null(row[value])) continue;
      const double x = to_number(row[c.x]), y = to_number(row[c.y]), v = to_number(row[value]);
      if (!taken.emplace(x, y).second)
        throw Error(fmt::format("two rows for {} {}, {} {} in one panel",
                                input.spec.layout.y.column, y, input.spec.layout.x.column, x),
                    input.spec.path, "choose one run a panel in the query");
      values.push_back(v);
      heads = std::max(heads, x);
      layers = std::max(layers, y);
      data.blocks += fmt::format("{0} {1} {2} {3} {4} {5} {6}\n", x, y, x - 0.5, x + 0.5, y - 0.5,
                                 y + 0.5, shortest(v));
    }
    data.blocks += "EOD\n";
  }
  data.color = axis_range(values, color);
  data.x = {-0.5, heads + 0.5};
  data.y = {layers + 0.5, -0.5};  // layer 0 on top
  data.heads = static_cast<size_t>(heads) + 1;
  return data;
}

std::string heatmap_plot(const HeatmapData& data, size_t panel) {
  std::string text = fmt::format(
      "plot $d{} using 1:2:3:4:5:6:7 with boxxyerror fs solid 1 noborder lc palette notitle",
      panel);
  if (data.heads > 16) return text;
  // Numbers in white on dark cells and black on light ones.
  const std::string middle = shortest((data.color.low + data.color.high) / 2);
  text += fmt::format(
      ", $d{0} using 1:2:($7 < {1} ? sprintf('%.2f', $7) : '') with labels tc rgb 'white' font "
      "',9' notitle"
      ", $d{0} using 1:2:($7 >= {1} ? sprintf('%.2f', $7) : '') with labels tc rgb 'black' font "
      "',9' notitle",
      panel, middle);
  return text;
}

}  // namespace

void draw_heatmap(const FigureInput& input) {
  const Layout& layout = input.spec.layout;
  const std::vector<size_t> rows = done_rows(input);
  count_seeds(input, rows);
  copy_rows(input, rows);
  const Columns c = columns_of(input);
  const auto count = [&](const Axis& axis) {
    return static_cast<double>(
        ordered_values(input.rows, {axis.column, ""}, input.spec.path).size());
  };
  PlotFrame::Size size;
  size.panel_width = std::clamp(46 * count(layout.x), 150.0, 420.0);
  size.panel_height = std::clamp(34 * count(layout.y), 68.0, 400.0);
  size.right = 96;
  const PlotFrame frame(panel_axis(input, layout.panel_cols), panel_axis(input, layout.panel_rows),
                        {input.document.title, caption_of(input, "One run a panel;")}, size);
  const HeatmapData data = heatmap_data(input, rows, frame, c);
  std::vector<std::string> panels;
  for (size_t panel = 0; panel < frame.panels(); ++panel) {
    std::string text = frame.panel(panel, layout.x, data.x, layout.y, data.y);
    if (panel == 0) {
      text += kCividis + std::string("unset grid\nset xtics 1\nset ytics 1\nset border 15\n");
      text += "set colorbox " + frame.colorbox_place() + "\nset cblabel " +
              gnuplot_string(axis_label(layout.color)) + " noenhanced\n";
    }
    text +=
        fmt::format("set cbrange [{}:{}]\n", shortest(data.color.low), shortest(data.color.high));
    panels.push_back(text + heatmap_plot(data, panel) + "\n" +
                     (panel == 0 ? "unset colorbox\n" : ""));
  }
  input.document.figure = frame.figure(data.blocks, panels);
}

void draw_scatter(const FigureInput& input) {
  const Layout& layout = input.spec.layout;
  const std::vector<size_t> rows = done_rows(input);
  count_seeds(input, rows);
  copy_rows(input, rows);
  const Columns c = columns_of(input);
  const SeriesList series = series_list(input);
  const PanelAxis cols = panel_axis(input, layout.panel_cols);
  PlotFrame::Size size;
  size.panel_height = 300;
  if (cols.values.size() == 1) size.panel_width = 440;
  size.legend_lines = legend_lines(series, cols.values.size() == 1 ? 2 : cols.values.size());
  const PlotFrame frame(cols, panel_axis(input, layout.panel_rows),
                        {input.document.title, caption_of(input, "One point a head and run;")},
                        size);
  std::map<std::pair<size_t, size_t>, std::string> blocks;  // by panel and series
  std::vector<double> xs, ys;
  size_t left_out = 0;
  for (const size_t r : rows) {
    const auto& row = input.rows.rows[r];
    if (is_null(row[c.x]) || is_null(row[c.y])) continue;
    const double x = to_number(row[c.x]), y = to_number(row[c.y]);
    if ((layout.x.log && x <= 0) || (layout.y.log && y <= 0)) {
      ++left_out;
      continue;
    }
    xs.push_back(x);
    ys.push_back(y);
    std::vector<std::string> key;
    for (const size_t s : c.series) key.push_back(to_text(row[s]));
    const auto s = static_cast<size_t>(std::find(series.keys.begin(), series.keys.end(), key) -
                                       series.keys.begin());
    for (size_t panel = 0; panel < frame.panels(); ++panel)
      if (in_panel(row, c, frame, panel))
        blocks[{panel, s}] += shortest(x) + " " + shortest(y) + "\n";
  }
  if (left_out > 0)
    input.document.notes.push_back(std::to_string(left_out) +
                                   " points at or below 0 have no place on a logarithmic axis.");
  std::string data;
  for (const auto& [at, text] : blocks)
    data += fmt::format("$d{}_{} << EOD\n{}EOD\n", at.first, at.second, text);
  const Range x_range = axis_range(xs, layout.x), y_range = axis_range(ys, layout.y);
  std::vector<std::string> panels;
  for (size_t panel = 0; panel < frame.panels(); ++panel) {
    std::string text = frame.panel(panel, layout.x, x_range, layout.y, y_range);
    if (panel == 0) text += "set key " + frame.legend_place() + "\n";
    text += "plot NaN notitle";
    for (size_t s = 0; s < series.keys.size(); ++s) {
      const SeriesStyle style = series_style(s);
      const std::string with =
          fmt::format("with points lc rgb '{}' pt {} ps 0.7", style.color, style.point);
      if (blocks.contains({panel, s}))
        text += fmt::format(", $d{}_{} using 1:2 {} notitle", panel, s, with);
      if (panel == 0 && series.keys.size() > 1)
        text += ", keyentry " + with + " title " + gnuplot_string(series.titles[s]);
    }
    panels.push_back(text + "\n");
  }
  input.document.figure = frame.figure(data, panels);
}

}  // namespace sinkmoe
