// Heatmap: layer by head. With several seeds each cell has one stripe for each.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/text/number.h"
#include "report/draw/plot/plot_axis.h"
#include "report/draw/row_marks.h"
#include "report/text/escape.h"
#include "report/text/number_text.h"

namespace sinkmoe::report {

namespace {

struct Stripe {
  int64_t seed = 0;
  std::string run;
  double value = 0;
};

struct HeatmapData {
  std::vector<std::map<std::pair<double, double>, std::vector<Stripe>>> panels;  // by head, layer
  double heads = 0, layers = 0;                                                  // largest index
  size_t stripes = 1;                                                            // most in one cell
  bool means = false;  // the stripes would be too thin
};

constexpr size_t kMostStripes = 96;  // in the height of a panel

// Cividis in ten steps: uniform in lightness, readable with any colour vision.
constexpr const char* kPalette =
    "set palette defined (0 '#00224e', 1 '#123570', 2 '#3b496c', 3 '#575d6d', 4 '#707173', 5 "
    "'#8a8678', "
    "6 '#a59c74', 7 '#c3b369', 8 '#e1cc55', 9 '#fee838')\n";

void add_panel(const FigureInput& input, const RowMarks& marks, const PlotFrame& frame,
               size_t panel, HeatmapData& data) {
  const auto column = [&](const std::string& name) {
    return require_column(input.rows, name, input.spec.path);
  };
  const size_t value = column(input.spec.layout.color.column), seed = column("seed"),
               run = column("run_id");
  auto& cells = data.panels.emplace_back();
  for (const size_t r : marks.rows) {
    const auto& row = input.rows.rows[r];
    if (!marks.in_panel(row, frame, panel) || is_null(row[value])) continue;
    const double x = mark_number(row[marks.x], input), y = mark_number(row[marks.y], input);
    const Stripe stripe{static_cast<int64_t>(to_number(row[seed])), to_text(row[run]),
                        mark_number(row[value], input)};
    std::vector<Stripe>& cell = cells[{x, y}];
    for (const Stripe& other : cell)
      if (other.seed == stripe.seed)
        throw TwoRunsInOneCell({other.seed, other.run}, {stripe.seed, stripe.run}, input.spec.path);
    cell.push_back(stripe);
    std::sort(cell.begin(), cell.end(),
              [](const Stripe& a, const Stripe& b) { return a.seed < b.seed; });
    data.stripes = std::max(data.stripes, cell.size());
    data.heads = std::max(data.heads, x);
    data.layers = std::max(data.layers, y);
  }
}

// Replaces the stripes of every cell by their mean.
void take_means(HeatmapData& data) {
  data.means = true;
  for (auto& panel : data.panels)
    for (auto& [at, cell] : panel) {
      double sum = 0;
      for (const Stripe& s : cell) sum += s.value;
      cell = {{0, "", sum / static_cast<double>(cell.size())}};
    }
}

HeatmapData gather_stripes(const FigureInput& input, const RowMarks& marks,
                           const PlotFrame& frame) {
  HeatmapData data;
  for (size_t i = 0; i < frame.panels(); ++i) add_panel(input, marks, frame, i, data);
  if (static_cast<double>(data.stripes) * (data.layers + 1) > kMostStripes) take_means(data);
  return data;
}

// Visits every stripe with its middle and half of its height.
template <class Visit>
void each_stripe(const HeatmapData& data, size_t panel, Visit visit) {
  for (const auto& [at, cell] : data.panels[panel]) {
    const double n = static_cast<double>(cell.size()), height = cell.size() > 1 ? 0.92 : 1;
    for (size_t i = 0; i < cell.size(); ++i)
      visit(at, cell[i], at.second - height / 2 + (static_cast<double>(i) + 0.5) * height / n,
            height / n / 2);
  }
}

std::string stripe_block(const HeatmapData& data, size_t panel) {
  std::string text = fmt::format("$d{} << EOD\n", panel);
  each_stripe(data, panel, [&](const auto& at, const Stripe& s, double y, double half) {
    text += fmt::format("{0} {1} {2} {3} {4} {5} {6}\n", at.first, shortest(y), at.first - 0.5,
                        at.first + 0.5, shortest(y - half), shortest(y + half), shortest(s.value));
  });
  return text + "EOD\n";
}

std::string plot_heatmap(const HeatmapData& data, Range color, size_t panel) {
  std::string text = fmt::format(
      "plot $d{} using 1:2:3:4:5:6:7 with boxxyerror fs solid 1 noborder lc palette notitle",
      panel);
  if (data.heads >= 16 || (data.stripes > 1 && !data.means)) return text + "\n";
  // White numbers on dark cells, black numbers on light cells.
  const std::string middle = shortest(color.low + 0.45 * (color.high - color.low));
  for (const auto& [test, ink] : {std::pair("<", "white"), std::pair(">=", "black")})
    text += fmt::format(
        ", $d{} using 1:2:($7 {} {} ? sprintf('%.2f', $7) : '') with labels tc rgb '{}' font ',9' "
        "notitle",
        panel, test, middle, ink);
  return text + "\n";
}

std::string heat_rule(const HeatmapData& data) {
  if (data.means) return "Mean over seeds;";
  return data.stripes > 1 ? "Each cell has one stripe for each seed, the smallest seed on top;"
                          : "One run a panel;";
}

PageSetup page_of(const FigureInput& input, const HeatmapData& data) {
  const double stripes = data.means ? 1 : static_cast<double>(data.stripes);
  PageSetup page{input.document.title, caption_of(input, heat_rule(data))};
  page.panel_width = std::clamp(46 * (data.heads + 1), 184.0, 420.0);
  page.panel_height = std::clamp(std::max(34.0, 9 * stripes) * (data.layers + 1), 68.0, 400.0);
  page.right = 112;
  return page;
}

std::string index_tics(const char* name, double last, bool numbered) {
  std::vector<double> places;
  for (double i = 0; i <= last; i += last < 16 ? 1 : 4) places.push_back(i);
  return tick_commands(name, places, numbered);
}

void add_marks(const FigureInput& input, const HeatmapData& data, const PlotFrame& frame,
               Range x_range, Range y_range, Figure& figure) {
  const Layout& layout = input.spec.layout;
  for (size_t i = 0; i < frame.panels(); ++i)
    each_stripe(data, i, [&](const auto& at, const Stripe& s, double y, double) {
      figure.marks.push_back(
          frame.mark(i, layout.x, x_range, at.first, layout.y, y_range, y,
                     fmt::format("{} {}, {} {}{}: {}", layout.y.title, at.second, layout.x.title,
                                 at.first, data.means ? "" : ", seed " + std::to_string(s.seed),
                                 significant(s.value, 4))));
    });
}

}  // namespace

void draw_heatmap(const FigureInput& input) {
  const Layout& layout = input.spec.layout;
  const RowMarks marks = row_marks(input);
  const PanelAxis cols = panel_axis(input, layout.panel_cols),
                  rows = panel_axis(input, layout.panel_rows);
  const HeatmapData data = gather_stripes(input, marks, PlotFrame(cols, rows, {}));
  const PageSetup page = page_of(input, data);
  const PlotFrame frame(cols, rows, page);
  std::vector<double> values;
  std::string blocks;
  for (size_t i = 0; i < frame.panels(); ++i) {
    blocks += stripe_block(data, i);
    each_stripe(data, i,
                [&](const auto&, const Stripe& s, double, double) { values.push_back(s.value); });
  }
  const Range color = axis_range(values, layout.color);
  const Range x_range{-0.5, data.heads + 0.5}, y_range{data.layers + 0.5, -0.5};  // layer 0 on top
  std::vector<Panel> panels;
  for (size_t i = 0; i < frame.panels(); ++i) {
    Panel panel{frame.panel(i, layout.x, x_range, layout.y, y_range), plot_heatmap(data, color, i)};
    panel.settings +=
        index_tics("x", data.heads, frame.last_row(i)) +
        index_tics("y", data.layers, frame.first_col(i)) +
        fmt::format("set cbrange [{}:{}]\n", shortest(color.low), shortest(color.high));
    if (i == 0) {
      panel.settings += kPalette + std::string("unset grid\nset border 15\nset colorbox ") +
                        frame.colorbox_place() + "\n" +
                        tick_commands("cb", tick_places(color, false), true) + "set cblabel " +
                        gnuplot_string(axis_label(layout.color)) + " noenhanced offset -0.5,0\n";
      panel.plot += "unset colorbox\n";
    }
    panels.push_back(std::move(panel));
  }
  Figure figure = frame.figure(blocks, panels);
  figure.rule = page.caption.back();
  add_marks(input, data, frame, x_range, y_range, figure);
  input.document.figure = std::move(figure);
}

}  // namespace sinkmoe::report
