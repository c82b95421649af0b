// Lines (mean with a band over seeds) and bars (mean with an interval).
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "core/error.h"
#include "core/text.h"
#include "report/escape.h"
#include "report/figure_parts.h"

namespace sinkmoe {

namespace {

struct Point {
  std::string x_text;
  double x = 0;
  Summary y;
};

// The points of every series in every panel, by [panel][series].
struct Drawing {
  PlotFrame frame;
  SeriesList series;
  std::vector<std::vector<std::vector<Point>>> points;
};

class SeriesData {
 public:
  explicit SeriesData(const FigureInput& input) : input_(input), series_(series_list(input)) {
    const Layout& layout = input.spec.layout;
    if (layout.panel_cols) add_key(layout.panel_cols->column);
    if (layout.panel_rows) add_key(layout.panel_rows->column);
    for (const NamedColumn& c : layout.series) add_key(c.column);
    add_key(layout.x.column);
    cells_.emplace(input.rows, keys_, input.spec.path);
    tell_what_is_missing();
  }

  const SeriesList& series() const { return series_; }
  const Cells& cells() const { return *cells_; }

  // Points of one series in one panel, in order of x; those without a value are not there.
  std::vector<Point> points(const PlotFrame& frame, size_t panel, size_t series) const {
    const Layout& layout = input_.spec.layout;
    CellKey wanted;
    if (layout.panel_cols) wanted.emplace_back(layout.panel_cols->column, frame.col_value(panel));
    if (layout.panel_rows) wanted.emplace_back(layout.panel_rows->column, frame.row_value(panel));
    for (size_t i = 0; i < layout.series.size(); ++i)
      wanted.emplace_back(layout.series[i].column, series_.keys[series][i]);
    std::vector<Point> list;
    for (const std::string& x : x_values()) {
      CellKey key = wanted;
      key.emplace_back(layout.x.column, x);
      const CellGroup* group = cells_->find(cells_->key_of(key));
      if (!group) continue;
      const Summary s = summarize(values_only(cells_->values(*group, layout.y.column)));
      if (s.mean) list.push_back({x, 0, s});
    }
    return list;
  }

  const std::vector<std::string>& x_values() const {
    if (x_values_.empty())
      x_values_ = ordered_values(input_.rows, {input_.spec.layout.x.column, ""}, input_.spec.path);
    return x_values_;
  }

 private:
  void add_key(const std::string& column) {
    if (std::find(keys_.begin(), keys_.end(), column) == keys_.end()) keys_.push_back(column);
  }

  void tell_what_is_missing() {
    std::set<std::string> left_out;
    std::vector<int64_t> counts;
    for (const CellGroup& g : cells_->groups()) {
      for (const CellRun& r : g.runs)
        if (r.status != "done") left_out.insert(r.run_id + " (" + r.status + ")");
      const auto n = static_cast<int64_t>(cells_->values(g, input_.spec.layout.y.column).size());
      if (n > 0) counts.push_back(n);
    }
    for (const std::string& run : left_out)
      input_.document.notes.push_back("Left out, not done: run " + run + ".");
    std::string text = "no values";
    if (!counts.empty()) {
      const auto [low, high] = std::minmax_element(counts.begin(), counts.end());
      text = "n = " + (*low == *high ? "" : std::to_string(*low) + " to ") + std::to_string(*high) +
             (*high == 1 ? " seed" : " seeds");
    }
    input_.document.provenance.seeds = text;
  }

  const FigureInput& input_;
  SeriesList series_;
  std::vector<std::string> keys_;
  std::optional<Cells> cells_;
  mutable std::vector<std::string> x_values_;
};

double number_of(const std::string& text, const FigureInput& input) {
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size())
    throw Error(
        "column '" + input.spec.layout.x.column + "' has '" + text + "' where a number is needed",
        input.spec.path);
  return value;
}

Drawing gather(const FigureInput& input, const std::string& rule) {
  const SeriesData data(input);
  const Layout& layout = input.spec.layout;
  PanelAxis cols = panel_axis(input, layout.panel_cols),
            rows = panel_axis(input, layout.panel_rows);
  PlotFrame::Size size;
  if (cols.values.size() == 1) size.panel_width = 520;
  size.legend_lines = legend_lines(data.series(), cols.values.size() == 1 ? 2 : cols.values.size());
  Drawing d{PlotFrame(cols, rows, {input.document.title, caption_of(input, rule)}, size),
            data.series(),
            {}};
  for (size_t panel = 0; panel < d.frame.panels(); ++panel) {
    d.points.emplace_back();
    for (size_t s = 0; s < d.series.keys.size(); ++s)
      d.points.back().push_back(data.points(d.frame, panel, s));
  }
  return d;
}

// The numbers drawn, one row a point.
void fill_table(const FigureInput& input, const Drawing& d) {
  const Layout& layout = input.spec.layout;
  Table& table = input.document.data;
  if (layout.panel_cols) table.columns.push_back(layout.panel_cols->column);
  if (layout.panel_rows) table.columns.push_back(layout.panel_rows->column);
  for (const NamedColumn& c : layout.series) table.columns.push_back(c.column);
  for (const std::string& name :
       {layout.x.column, std::string("n"), std::string("mean"), std::string("sd"),
        std::string("ci95_low"), std::string("ci95_high"), std::string("query_sha256")})
    table.columns.push_back(name);
  const auto cell = [](const std::optional<double>& v) { return v ? Cell(*v) : Cell(); };
  for (size_t panel = 0; panel < d.points.size(); ++panel)
    for (size_t s = 0; s < d.points[panel].size(); ++s)
      for (const Point& p : d.points[panel][s]) {
        std::vector<Cell> row;
        if (layout.panel_cols) row.emplace_back(d.frame.col_value(panel));
        if (layout.panel_rows) row.emplace_back(d.frame.row_value(panel));
        for (const std::string& k : d.series.keys[s]) row.emplace_back(k);
        row.insert(row.end(), {p.x_text, p.y.n, cell(p.y.mean), cell(p.y.sd), cell(p.y.low()),
                               cell(p.y.high()), input.document.provenance.query_sha256});
        table.rows.push_back(std::move(row));
      }
}

template <class F>
void for_each_point(Drawing& d, F&& f) {
  for (auto& panel : d.points)
    for (auto& series : panel)
      for (Point& p : series) f(p);
}

std::string legend(const Drawing& d, const std::string& with) {
  std::string text;
  if (d.series.keys.size() < 2) return text;
  for (size_t s = 0; s < d.series.keys.size(); ++s) {
    const SeriesStyle style = series_style(s);
    text += ", keyentry " + fmt::format(fmt::runtime(with), style.color, style.dash, style.point) +
            " title " + gnuplot_string(d.series.titles[s]);
  }
  return text;
}

std::string block_name(size_t panel, size_t series) {
  return fmt::format("$d{}_{}", panel, series);
}

// A logarithmic axis has no 0: step 0 stands half an octave left of the first step, with its own
// tic.
std::string place_zero(Drawing& d, const FigureInput& input) {
  double smallest = 0;
  bool zero = false;
  for_each_point(d, [&](Point& p) {
    p.x = number_of(p.x_text, input);
    zero = zero || p.x <= 0;
    if (p.x > 0 && (smallest == 0 || p.x < smallest)) smallest = p.x;
  });
  if (!input.spec.layout.x.log || !zero) return "";
  const double at = smallest > 0 ? smallest / 2 : 0.5;
  for_each_point(d, [&](Point& p) {
    if (p.x <= 0) p.x = at;
  });
  return "set xtics add ('0' " + shortest(at) + ")\n";
}

std::string line_plots(const Drawing& d, size_t panel, const std::string& with) {
  std::string text;
  for (size_t s = 0; s < d.series.keys.size(); ++s) {
    if (d.points[panel][s].empty()) continue;
    const SeriesStyle style = series_style(s);
    const std::string name = block_name(panel, s);
    text += (text.empty() ? "" : ", ") + name + " using 1:3:4 with filledcurves lc rgb '" +
            style.color + "' fs transparent solid 0.18 noborder notitle, " + name + " using 1:2 " +
            fmt::format(fmt::runtime(with), style.color, style.dash, style.point) + " notitle";
  }
  return text.empty() ? "NaN notitle" : text;
}

}  // namespace

void draw_lines(const FigureInput& input) {
  const Layout& layout = input.spec.layout;
  Drawing d = gather(input, "Mean over seeds, band: 95% t-interval;");
  fill_table(input, d);
  const std::string zero_tic = place_zero(d, input);
  std::vector<double> xs, ys;
  std::string data;
  for (size_t panel = 0; panel < d.points.size(); ++panel)
    for (size_t s = 0; s < d.points[panel].size(); ++s) {
      data += block_name(panel, s) + " << EOD\n";
      for (const Point& p : d.points[panel][s]) {
        xs.push_back(p.x);
        for (const auto& y : {p.y.mean, p.y.low(), p.y.high()})
          if (y && (!layout.y.log || *y > 0)) ys.push_back(*y);
        data += plot_number(p.x) + " " + plot_number(p.y.mean) + " " + plot_number(p.y.low()) +
                " " + plot_number(p.y.high()) + "\n";
      }
      data += "EOD\n";
    }
  const std::string with = "with linespoints lc rgb '{}' dt {} pt {} ps 0.5 lw 1.8";
  const Range x_range = axis_range(xs, layout.x), y_range = axis_range(ys, layout.y);
  std::vector<std::string> panels;
  for (size_t panel = 0; panel < d.frame.panels(); ++panel) {
    std::string text = d.frame.panel(panel, layout.x, x_range, layout.y, y_range) + zero_tic;
    if (panel == 0) text += "set key " + d.frame.legend_place() + "\n";
    panels.push_back(text + "plot " + line_plots(d, panel, with) +
                     (panel == 0 ? legend(d, with) : "") + "\n");
  }
  input.document.figure = d.frame.figure(data, panels);
}

void draw_bars(const FigureInput& input) {
  Axis x = input.spec.layout.x, y = input.spec.layout.y;
  x.log = false;
  Drawing d = gather(input, "Bars: mean over seeds, whiskers: 95% t-interval;");
  fill_table(input, d);
  const std::vector<std::string> categories =
      ordered_values(input.rows, {x.column, ""}, input.spec.path);
  const double step = 0.8 / static_cast<double>(std::max<size_t>(d.series.keys.size(), 1));
  std::vector<double> ys = {0};
  std::string data;
  for (size_t panel = 0; panel < d.points.size(); ++panel)
    for (size_t s = 0; s < d.points[panel].size(); ++s) {
      data += block_name(panel, s) + " << EOD\n";
      for (const Point& p : d.points[panel][s]) {
        const auto place =
            std::find(categories.begin(), categories.end(), p.x_text) - categories.begin();
        const double left = static_cast<double>(place) - 0.4 + step * static_cast<double>(s);
        for (const auto& v : {p.y.mean, p.y.low(), p.y.high()})
          if (v) ys.push_back(*v);
        data += fmt::format("{} {} {} {} 0 {} {}\n", shortest(left + step / 2),
                            plot_number(p.y.mean), shortest(left), shortest(left + step),
                            plot_number(p.y.low()), plot_number(p.y.high()));
      }
      data += "EOD\n";
    }
  std::string tics = "set xtics (";
  for (size_t i = 0; i < categories.size(); ++i)
    tics += (i ? ", " : "") + gnuplot_string(categories[i]) + " " + std::to_string(i);
  tics += ") noenhanced\nunset grid\nset grid y lc rgb '#e4e4e4' lt 1 lw 0.6\n";
  const Range x_range{-0.6, static_cast<double>(categories.size()) - 0.4},
      y_range = axis_range(ys, y);
  const std::string with = "with boxes lc rgb '{}' fs solid 0.85";
  std::vector<std::string> panels;
  for (size_t panel = 0; panel < d.frame.panels(); ++panel) {
    std::string text = d.frame.panel(panel, x, x_range, y, y_range) + tics;
    if (panel == 0) text += "set key " + d.frame.legend_place() + "\n";
    text += "plot 0 lc rgb '#404040' lw 1 notitle";
    for (size_t s = 0; s < d.series.keys.size(); ++s) {
      if (d.points[panel][s].empty()) continue;
      const std::string name = block_name(panel, s);
      text += ", " + name + " using 1:2:3:4:5:2 with boxxyerror lc rgb '" + series_style(s).color +
              "' fs solid 0.85 noborder notitle, " + name +
              " using 1:2:6:7 with yerrorbars lc rgb '#202020' pt 0 lw 1.4 notitle";
    }
    panels.push_back(text + (panel == 0 ? legend(d, with) : "") + "\n");
  }
  input.document.figure = d.frame.figure(data, panels);
}

}  // namespace sinkmoe
