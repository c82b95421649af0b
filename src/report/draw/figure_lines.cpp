// Lines: mean over seeds with a band.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/error.h"
#include "core/text/number.h"
#include "core/text/split_join.h"
#include "report/draw/band.h"
#include "report/draw/plot/plot_axis.h"
#include "report/draw/series_data.h"
#include "report/text/escape.h"
#include "report/text/number_text.h"

namespace sinkmoe::report {

namespace {

constexpr size_t kFewPlaces =
    7;  // on a logarithmic axis: a tick at each instead of at powers of ten
constexpr size_t kManyPlaces = 20;  // above this number, points get no marks

// A logarithmic axis has no 0, so step 0 is drawn left of the first step, at the distance between
// the first two steps (a factor of 2 to 10), with its own tick.
std::optional<double> place_on_axis(SeriesData& data, const FigureInput& input) {
  std::set<double> places;
  bool zero = false;
  data.each([&](size_t, size_t, SeriesPoint& p) {
    const auto x = parse_number<double>(p.x_text);
    if (!x)
      throw Error("column '" + input.spec.layout.x.column + "' has '" + p.x_text +
                      "' where a number is needed",
                  input.spec.path);
    p.x = *x;
    zero = zero || p.x <= 0;
    if (p.x > 0) places.insert(p.x);
  });
  if (!input.spec.layout.x.log || !zero) return std::nullopt;
  const double first = places.empty() ? 1 : *places.begin(),
               step = places.size() < 2 ? 2
                                        : std::clamp(*std::next(places.begin()) / first, 2.0, 10.0),
               at = first / step;
  data.each([&](size_t, size_t, SeriesPoint& p) {
    if (p.x <= 0) p.x = at;
  });
  return at;
}

// The t-interval of a mean often reaches below 0, where a logarithmic axis ends; there the band is
// the range of the runs.
std::optional<Interval> band_of(const SeriesPoint& p, const FigureAxis& axis) {
  if (!axis.log) return shown_interval(p.y, axis);
  std::vector<double> values;
  for (const stats::Seeded& run : p.runs)
    if (run.value > 0) values.push_back(run.value);
  if (values.size() < 3) return std::nullopt;
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return Interval{*low, *high};
}

// x, low and high of the band; an empty line where a point has none.
std::string band_block(const std::vector<SeriesPoint>& points, const Layout& layout,
                       Range y_range) {
  std::string text;
  std::vector<BandPoint> piece;
  const auto end_piece = [&] {
    for (const BandPoint& p : cut_band(piece, layout.x.log, layout.y.log, y_range))
      text += shortest(p.x) + " " + shortest(p.low) + " " + shortest(p.high) + "\n";
    if (!piece.empty()) text += "\n";
    piece.clear();
  };
  for (const SeriesPoint& p : points) {
    if (const auto interval = band_of(p, layout.y))
      piece.push_back({p.x, interval->low, interval->high});
    else
      end_piece();
  }
  end_piece();
  return text;
}

// x and mean; after two empty lines the points of each run, one block per seed; then the band.
std::string data_block(const std::vector<SeriesPoint>& points, const Layout& layout,
                       Range y_range) {
  std::string text;
  std::map<int64_t, std::string> runs;
  for (const SeriesPoint& p : points) {
    text += plot_number(p.x) + " " + plot_number(p.y.mean) + "\n";
    for (const stats::Seeded& run : p.runs)
      runs[run.seed] += plot_number(p.x) + " " + plot_number(run.value) + "\n";
  }
  text += "\n\n";
  for (const auto& [seed, lines] : runs) text += lines + "\n";
  const std::string band = band_block(points, layout, y_range);
  return text + (band.empty() ? "" : "\n" + band);
}

std::string data_blocks(const SeriesData& data, const Layout& layout,
                        const std::vector<Range>& y_ranges) {
  std::string text;
  for (size_t panel = 0; panel < data.points.size(); ++panel)
    for (size_t s = 0; s < data.points[panel].size(); ++s)
      if (!data.points[panel][s].empty())
        text += block_name(panel, s) + " << EOD\n" +
                data_block(data.points[panel][s], layout, y_ranges[panel]) + "EOD\n";
  return text;
}

std::string plot_lines(const SeriesData& data, const Layout& layout, size_t panel) {
  std::string bands, runs, means;
  for (size_t s = 0; s < data.series.keys.size(); ++s) {
    if (data.points[panel][s].empty()) continue;
    const SeriesStyle style = series_style(s);
    const std::string name = block_name(panel, s), pale = "#80" + style.color.substr(1);
    const auto& points = data.points[panel][s];
    const bool band = std::any_of(points.begin(), points.end(), [&](const SeriesPoint& p) {
      return band_of(p, layout.y).has_value();
    });
    if (band)
      bands += fmt::format(
          ", {} index 2 using 1:2:3 with filledcurves lc rgb '{}' fs transparent solid 0.15 "
          "noborder "
          "notitle",
          name, style.color);
    runs += fmt::format(", {} index 1 using 1:2 with lines lc rgb '{}' lw 0.6 notitle", name, pale);
    const std::string marks = data.x_values.size() > kManyPlaces
                                  ? "lines"
                                  : fmt::format("linespoints pt {} ps 0.5", style.point);
    means += fmt::format(", {} index 0 using 1:2 with {} lc rgb '{}' dt {} lw 2 notitle", name,
                         marks, style.color, style.dash);
  }
  return "plot NaN notitle" + bands + runs + means + "\n";
}

// A tick at every value of the axis; 0 stands at `zero`.
std::string place_tics(const SeriesData& data, const std::optional<double>& zero, bool numbered) {
  std::vector<double> values;
  for (const std::string& v : data.x_values) values.push_back(*parse_number<double>(v));
  const std::vector<std::string> labels = tick_labels(values);
  std::string text;
  for (size_t i = 0; i < values.size(); ++i)
    text += (i ? ", " : "") + gnuplot_string(numbered ? labels[i] : "") + " " +
            shortest(values[i] > 0 ? values[i] : zero.value_or(values[i]));
  return "set xtics (" + text + ") noenhanced\n";
}

// The y range of each panel: one for all, or one for each row of panels. Without the band: with few
// seeds it would flatten all lines.
std::vector<Range> ranges_of(SeriesData& data, const Layout& layout, const PlotFrame& frame) {
  std::vector<std::vector<double>> ys(frame.panels());
  data.each([&](size_t panel, size_t, SeriesPoint& p) {
    const size_t group = layout.own_ranges ? panel / frame.columns() : 0;
    for (const stats::Seeded& run : p.runs)
      if (!layout.y.log || run.value > 0) ys[group].push_back(run.value);
  });
  std::vector<Range> ranges;
  for (size_t panel = 0; panel < frame.panels(); ++panel)
    ranges.push_back(axis_range(ys[layout.own_ranges ? panel / frame.columns() : 0], layout.y));
  return ranges;
}

// Numbers of runs that a logarithmic y axis cannot show.
size_t dropped(SeriesData& data, const Layout& layout) {
  size_t n = 0;
  data.each([&](size_t, size_t, SeriesPoint& p) {
    for (const stats::Seeded& run : p.runs) n += layout.y.log && run.value <= 0;
  });
  return n;
}

// Every mean that lies in its frame, for the pointer.
std::vector<FigureMark> marks_of(SeriesData& data, const Layout& layout, const PlotFrame& frame,
                                 Range x_range, const std::vector<Range>& y_ranges) {
  std::vector<FigureMark> marks;
  data.each([&](size_t panel, size_t s, SeriesPoint& p) {
    const Range y = y_ranges[panel];
    if (*p.y.mean < y.low || *p.y.mean > y.high) return;
    const std::string title = data.series.titles[s];
    marks.push_back(frame.mark(panel, layout.x, x_range, p.x, layout.y, y, *p.y.mean,
                               (title.empty() ? "" : title + ", ") + layout.x.title + " " +
                                   plain_key(p.x_text) + ": " + value_words(p.y, layout.y)));
  });
  return marks;
}

std::string rule_of(const FigureAxis& y) {
  return std::string("Thick: mean over seeds; thin: single runs; band (from 3 seeds on): ") +
         (y.log ? "range of the runs;" : "95% t-interval, cut at the frame;");
}

}  // namespace

void draw_lines(const FigureInput& input) {
  const Layout& layout = input.spec.layout;
  const PanelAxis cols = panel_axis(input, layout.panel_cols),
                  rows = panel_axis(input, layout.panel_rows);
  SeriesData data = series_data(input, cols, rows);
  const std::optional<double> zero = place_on_axis(data, input);
  std::vector<double> xs;
  data.each([&](size_t, size_t, SeriesPoint& p) { xs.push_back(p.x); });
  PageSetup page{input.document.title,
                 caption_of(input, rule_of(layout.y) + dropped_text(dropped(data, layout))),
                 legend_of(data.series)};
  if (cols.values.size() == 1) page.panel_width = 520;
  const PlotFrame frame(cols, rows, page);
  const Range x_range = axis_range(xs, layout.x);
  const std::vector<Range> y_ranges = ranges_of(data, layout, frame);
  std::vector<Panel> panels;
  for (size_t i = 0; i < frame.panels(); ++i) {
    std::string settings = frame.panel(i, layout.x, x_range, layout.y, y_ranges[i]);
    if (layout.x.log && data.x_values.size() <= kFewPlaces)
      settings += place_tics(data, zero, frame.last_row(i));
    else if (zero)
      settings += "set xtics add ('" + std::string(frame.last_row(i) ? "0" : "") + "' " +
                  shortest(*zero) + ")\n";
    panels.push_back({settings, plot_lines(data, layout, i)});
  }
  input.document.figure = frame.figure(data_blocks(data, layout, y_ranges), panels);
  input.document.figure->rule = page.caption.back();
  input.document.figure->marks = marks_of(data, layout, frame, x_range, y_ranges);
}

}  // namespace sinkmoe::report
