// Scatter: one point per row.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/text/number.h"
#include "report/draw/row_marks.h"
#include "report/draw/series_data.h"
#include "report/text/number_text.h"

namespace sinkmoe::report {

namespace {

// How many points answer the pointer; more would make the page heavy.
constexpr size_t kMostMarks = 1500;

struct ScatterData {
  SeriesList series;
  std::map<std::pair<size_t, size_t>, std::string> blocks;  // by panel and series
  std::vector<double> xs, ys;
  std::vector<std::pair<size_t, size_t>> at;  // of each point: panel, series
  size_t left_out = 0;                        // points without a place on a logarithmic axis
};

ScatterData gather(const FigureInput& input, const RowMarks& marks, const PlotFrame& frame) {
  const Layout& layout = input.spec.layout;
  ScatterData data{series_list(input), {}, {}, {}, {}, 0};
  std::vector<size_t> columns;
  for (const NamedColumn& c : layout.series)
    columns.push_back(require_column(input.rows, c.column, input.spec.path));
  for (const size_t r : marks.rows) {
    const auto& row = input.rows.rows[r];
    if (is_null(row[marks.x]) || is_null(row[marks.y])) continue;
    const double x = mark_number(row[marks.x], input), y = mark_number(row[marks.y], input);
    if ((layout.x.log && x <= 0) || (layout.y.log && y <= 0)) {
      ++data.left_out;
      continue;
    }
    std::vector<std::string> key;
    for (const size_t c : columns) key.push_back(to_text(row[c]));
    const auto at =
        std::find(data.series.keys.begin(), data.series.keys.end(), key) - data.series.keys.begin();
    for (size_t panel = 0; panel < frame.panels(); ++panel)
      if (marks.in_panel(row, frame, panel)) {
        data.xs.push_back(x);
        data.ys.push_back(y);
        data.at.emplace_back(panel, static_cast<size_t>(at));
        data.blocks[data.at.back()] += shortest(x) + " " + shortest(y) + "\n";
      }
  }
  return data;
}

std::string plot_scatter(const ScatterData& data, size_t panel) {
  std::string text = "plot NaN notitle";
  for (size_t s = 0; s < data.series.keys.size(); ++s) {
    const SeriesStyle style = series_style(s);
    if (data.blocks.contains({panel, s}))
      text += fmt::format(", {} using 1:2 with points lc rgb '{}' pt {} ps 0.7 notitle",
                          block_name(panel, s), style.color, style.point);
  }
  return text + "\n";
}

}  // namespace

void draw_scatter(const FigureInput& input) {
  const Layout& layout = input.spec.layout;
  const RowMarks marks = row_marks(input);
  const PanelAxis cols = panel_axis(input, layout.panel_cols),
                  rows = panel_axis(input, layout.panel_rows);
  PageSetup page{
      input.document.title, {}, legend_of(series_list(input)), PageSetup::Sample::kPoint};
  page.panel_height = 300;
  if (cols.values.size() == 1) page.panel_width = 440;
  const ScatterData data = gather(input, marks, PlotFrame(cols, rows, page));
  page.caption = caption_of(input, "Single values, no means;" + dropped_text(data.left_out));
  const PlotFrame frame(cols, rows, page);
  std::string blocks;
  for (const auto& [at, text] : data.blocks)
    blocks += block_name(at.first, at.second) + " << EOD\n" + text + "EOD\n";
  const Range x_range = axis_range(data.xs, layout.x), y_range = axis_range(data.ys, layout.y);
  std::vector<Panel> panels;
  for (size_t i = 0; i < frame.panels(); ++i)
    panels.push_back({frame.panel(i, layout.x, x_range, layout.y, y_range), plot_scatter(data, i)});
  Figure figure = frame.figure(blocks, panels);
  figure.rule = page.caption.back();
  for (size_t i = 0; i < data.xs.size(); i += data.xs.size() / kMostMarks + 1) {
    const std::string title = data.series.titles[data.at[i].second];
    figure.marks.push_back(frame.mark(
        data.at[i].first, layout.x, x_range, data.xs[i], layout.y, y_range, data.ys[i],
        (title.empty() ? "" : title + ": ") + layout.x.title + " " + significant(data.xs[i], 4) +
            ", " + layout.y.title + " " + significant(data.ys[i], 4)));
  }
  input.document.figure = std::move(figure);
}

}  // namespace sinkmoe::report
