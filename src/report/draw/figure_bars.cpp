// Bars: mean over seeds with an interval, grouped by x.
#include <fmt/format.h>

#include <algorithm>

#include "core/text/number.h"
#include "report/draw/series_data.h"
#include "report/text/escape.h"
#include "report/text/number_text.h"

namespace sinkmoe::report {

namespace {

double bar_width(const SeriesData& data) {
  return 0.8 / static_cast<double>(std::max<size_t>(data.series.keys.size(), 1));
}

// For every bar: centre, mean, left, right, 0, low, high.
std::string data_blocks(const SeriesData& data, const FigureAxis& y) {
  const double step = bar_width(data);
  std::string text;
  for (size_t panel = 0; panel < data.points.size(); ++panel)
    for (size_t s = 0; s < data.points[panel].size(); ++s) {
      text += block_name(panel, s) + " << EOD\n";
      for (const SeriesPoint& p : data.points[panel][s]) {
        const double left = p.x - 0.4 + step * static_cast<double>(s);
        const auto whisker = shown_interval(p.y, y);
        text += fmt::format("{} {} {} {} 0 {} {}\n", shortest(left + step / 2),
                            plot_number(p.y.mean), shortest(left), shortest(left + step),
                            whisker ? shortest(whisker->low) : "NaN",
                            whisker ? shortest(whisker->high) : "NaN");
      }
      text += "EOD\n";
    }
  return text;
}

std::string category_tics(const std::vector<std::string>& categories, bool numbered) {
  std::string text = "set xtics (";
  for (size_t i = 0; i < categories.size(); ++i)
    text += (i ? ", " : "") + gnuplot_string(numbered ? plain_key(categories[i]) : "") + " " +
            std::to_string(i);
  return text + ") noenhanced\nunset grid\nset grid y lc rgb '#e4e4e4' lt 1 lw 0.6\n";
}

std::string plot_bars(const SeriesData& data, size_t panel) {
  std::string text = "plot 0 lc rgb '#404040' lw 1 notitle";
  for (size_t s = 0; s < data.series.keys.size(); ++s) {
    if (data.points[panel][s].empty()) continue;
    const std::string name = block_name(panel, s);
    text += fmt::format(
        ", {0} using 1:2:3:4:5:2 with boxxyerror lc rgb '{1}' fs solid 0.85 noborder notitle, "
        "{0} using 1:6:(0):($7-$6) with vectors heads size graph 0.008,90 lc rgb '#202020' lw 1.2 "
        "notitle",
        name, series_style(s).color);
  }
  return text + "\n";
}

}  // namespace

void draw_bars(const FigureInput& input) {
  FigureAxis x = input.spec.layout.x;
  const FigureAxis& y = input.spec.layout.y;
  x.log = false;
  const PanelAxis cols = panel_axis(input, input.spec.layout.panel_cols);
  const PanelAxis rows = panel_axis(input, input.spec.layout.panel_rows);
  SeriesData data = series_data(input, cols, rows);
  std::vector<double> ys = {0};
  data.each([&](size_t, size_t, SeriesPoint& p) {
    p.x = static_cast<double>(std::find(data.x_values.begin(), data.x_values.end(), p.x_text) -
                              data.x_values.begin());
    ys.push_back(*p.y.mean);
    if (const auto whisker = shown_interval(p.y, y))
      ys.insert(ys.end(), {whisker->low, whisker->high});
  });
  PageSetup page{
      input.document.title,
      caption_of(
          input,
          "Bars: mean over seeds (no bar to be seen: near 0), whiskers (from 3 seeds on): 95% "
          "t-interval;"),
      legend_of(data.series), PageSetup::Sample::kBox};
  if (cols.values.size() == 1) page.panel_width = 520;
  const PlotFrame frame(cols, rows, page);
  const Range x_range{-0.6, static_cast<double>(data.x_values.size()) - 0.4},
      y_range = axis_range(ys, y);
  std::vector<Panel> panels;
  for (size_t i = 0; i < frame.panels(); ++i)
    panels.push_back(
        {frame.panel(i, x, x_range, y, y_range) + category_tics(data.x_values, frame.last_row(i)),
         plot_bars(data, i)});
  Figure figure = frame.figure(data_blocks(data, y), panels);
  figure.rule = page.caption.back();
  const double step = bar_width(data);
  data.each([&](size_t panel, size_t s, SeriesPoint& p) {
    const std::string title = data.series.titles[s];
    figure.marks.push_back(frame.mark(
        panel, x, x_range, p.x - 0.4 + step * (static_cast<double>(s) + 0.5), y, y_range, *p.y.mean,
        (title.empty() ? "" : title + ", ") + (x.title.empty() ? "" : x.title + " ") +
            plain_key(p.x_text) + ": " + value_words(p.y, y)));
  });
  input.document.figure = std::move(figure);
}

}  // namespace sinkmoe::report
