// Lines: mean over seeds with a band.
#include <fmt/format.h>

#include <map>

#include "core/error.h"
#include "core/text.h"
#include "report/number_text.h"
#include "report/series_data.h"

namespace sinkmoe {

namespace {

// A logarithmic axis has no 0: step 0 stands half an octave left of the first step, with its own
// tic.
std::optional<double> place_on_axis(SeriesData& data, const FigureInput& input) {
  double smallest = 0;
  bool zero = false;
  data.each([&](size_t, size_t, SeriesPoint& p) {
    const auto x = parse_number(p.x_text);
    if (!x)
      throw Error("column '" + input.spec.layout.x.column + "' has '" + p.x_text +
                      "' where a number is needed",
                  input.spec.path);
    p.x = *x;
    zero = zero || p.x <= 0;
    if (p.x > 0 && (smallest == 0 || p.x < smallest)) smallest = p.x;
  });
  if (!input.spec.layout.x.log || !zero) return std::nullopt;
  const double at = smallest > 0 ? smallest / 2 : 0.5;
  data.each([&](size_t, size_t, SeriesPoint& p) {
    if (p.x <= 0) p.x = at;
  });
  return at;
}

// x, mean, low, high; behind two empty lines the points of each run, one block a seed.
std::string data_block(const std::vector<SeriesPoint>& points) {
  std::string text;
  std::map<int64_t, std::string> runs;
  for (const SeriesPoint& p : points) {
    text += plot_number(p.x) + " " + plot_number(p.y.mean) + " " + plot_number(p.y.low()) + " " +
            plot_number(p.y.high()) + "\n";
    for (const Seeded& run : p.runs)
      runs[run.seed] += plot_number(p.x) + " " + plot_number(run.value) + "\n";
  }
  text += "\n\n";
  for (const auto& [seed, lines] : runs) text += lines + "\n";
  return text;
}

std::string data_blocks(const SeriesData& data) {
  std::string text;
  for (size_t panel = 0; panel < data.points.size(); ++panel)
    for (size_t s = 0; s < data.points[panel].size(); ++s)
      if (!data.points[panel][s].empty())
        text += block_name(panel, s) + " << EOD\n" + data_block(data.points[panel][s]) + "EOD\n";
  return text;
}

std::string plot(const SeriesData& data, size_t panel) {
  std::string bands, runs, means;
  for (size_t s = 0; s < data.series.keys.size(); ++s) {
    if (data.points[panel][s].empty()) continue;
    const SeriesStyle style = series_style(s);
    const std::string name = block_name(panel, s), pale = "#80" + style.color.substr(1);
    bands += fmt::format(
        ", {} index 0 using 1:3:4 with filledcurves lc rgb '{}' fs transparent solid 0.15 noborder "
        "notitle",
        name, style.color);
    runs += fmt::format(", {} index 1 using 1:2 with lines lc rgb '{}' lw 0.6 notitle", name, pale);
    means += fmt::format(
        ", {} index 0 using 1:2 with linespoints lc rgb '{}' dt {} pt {} ps 0.5 lw 2 notitle", name,
        style.color, style.dash, style.point);
  }
  return "plot NaN notitle" + bands + runs + means + "\n";
}

}  // namespace

void draw_lines(const FigureInput& input) {
  const Layout& layout = input.spec.layout;
  const PanelAxis cols = panel_axis(input, layout.panel_cols),
                  rows = panel_axis(input, layout.panel_rows);
  SeriesData data = series_data(input, cols, rows);
  const std::optional<double> zero = place_on_axis(data, input);
  std::vector<double> xs, ys;
  data.each([&](size_t, size_t, SeriesPoint& p) {
    xs.push_back(p.x);
    for (const Seeded& run : p.runs)  // not the band: with few seeds it would press all lines flat
      if (!layout.y.log || run.value > 0) ys.push_back(run.value);
  });
  PageSetup page{
      input.document.title,
      caption_of(
          input,
          "Thick: mean over seeds; thin: single runs; band: 95% t-interval, cut at the frame;"),
      legend_of(data.series)};
  if (cols.values.size() == 1) page.panel_width = 520;
  const PlotFrame frame(cols, rows, page);
  const Range x_range = axis_range(xs, layout.x), y_range = axis_range(ys, layout.y);
  std::vector<Panel> panels;
  for (size_t i = 0; i < frame.panels(); ++i) {
    std::string settings = frame.panel(i, layout.x, x_range, layout.y, y_range);
    if (zero)
      settings += "set xtics add ('" + std::string(frame.last_row(i) ? "0" : "") + "' " +
                  shortest(*zero) + ")\n";
    panels.push_back({settings, plot(data, i)});
  }
  input.document.figure = frame.figure(data_blocks(data), panels);
}

}  // namespace sinkmoe
