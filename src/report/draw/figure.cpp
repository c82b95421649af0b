#include "report/draw/figure.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/text/count.h"
#include "core/text/number.h"
#include "report/draw/figure_parts.h"
#include "report/text/number_text.h"

namespace sinkmoe::report {

std::vector<std::string> ordered_values(const Table& rows, const std::string& column,
                                        const std::string& where) {
  const size_t c = require_column(rows, column, where);
  std::vector<std::string> values;
  std::set<std::string> seen;
  for (const auto& row : rows.rows) {
    const std::string text = to_text(row[c]);
    if (seen.insert(text).second) values.push_back(text);
  }
  const bool numbers = std::all_of(values.begin(), values.end(), [](const std::string& v) {
    return parse_number<double>(v).has_value();
  });
  if (numbers)
    std::stable_sort(values.begin(), values.end(), [](const std::string& a, const std::string& b) {
      return *parse_number<double>(a) < *parse_number<double>(b);
    });
  return values;
}

PanelAxis panel_axis(const FigureInput& input, const std::optional<NamedColumn>& column) {
  if (!column) return {};
  PanelAxis axis{column->title, ordered_values(input.rows, column->column, input.spec.path)};
  if (axis.values.empty()) axis.values = {""};
  return axis;
}

SeriesList series_list(const FigureInput& input) {
  const std::vector<NamedColumn>& series = input.spec.layout.series;
  std::vector<size_t> columns;
  std::vector<std::vector<std::string>> orders;
  for (const NamedColumn& c : series) {
    columns.push_back(require_column(input.rows, c.column, input.spec.path));
    orders.push_back(ordered_values(input.rows, c.column, input.spec.path));
    std::stable_sort(orders.back().begin(), orders.back().end(),
                     [&](const std::string& a, const std::string& b) {
                       return std::find(c.order.begin(), c.order.end(), a) <
                              std::find(c.order.begin(), c.order.end(), b);
                     });
  }
  std::map<std::vector<size_t>, std::vector<std::string>> found;  // by position in the orders
  for (const auto& row : input.rows.rows) {
    std::vector<size_t> place;
    std::vector<std::string> key;
    for (size_t i = 0; i < columns.size(); ++i) {
      key.push_back(to_text(row[columns[i]]));
      const auto at = std::find(orders[i].begin(), orders[i].end(), key[i]);
      place.push_back(static_cast<size_t>(at - orders[i].begin()));
    }
    found.emplace(place, key);
  }
  SeriesList list;
  for (const auto& [place, key] : found) {
    std::string title;
    for (size_t i = 0; i < key.size(); ++i)
      title += (title.empty() ? "" : ", ") +
               (series[i].title.empty() ? "" : series[i].title + " ") + plain_key(key[i]);
    list.keys.push_back(key);
    list.titles.push_back(title);
  }
  return list;
}

std::vector<std::string> legend_of(const SeriesList& series) {
  return series.titles.size() > 1 ? series.titles : std::vector<std::string>{};
}

std::vector<std::string> caption_of(const FigureInput& input, const std::string& rule) {
  const Document& d = input.document;
  std::string source = d.experiment.empty() ? "" : "experiment " + d.experiment + ", ";
  source += "query " + d.provenance.query_sha256.substr(0, 12) + ", commits";
  for (const std::string& c : d.provenance.commits) source += " " + c.substr(0, 12);
  if (d.provenance.commits.empty()) source += " unknown";
  std::vector<std::string> caption;
  if (!d.caption.empty()) caption.push_back(d.caption);
  caption.push_back(rule + " " + d.provenance.seeds + "; " + source + ", " +
                    counted(std::ssize(d.provenance.runs), "run") + ".");
  return caption;
}

std::string dropped_text(size_t values) {
  if (values == 0) return "";
  return " " + counted(static_cast<int64_t>(values), "value") +
         " at or below 0 not on the logarithmic axis;";
}

std::optional<Interval> shown_interval(const stats::Summary& y, const FigureAxis& axis) {
  if (y.n < 3 || !y.half_width) return std::nullopt;
  return Interval{std::max(*y.low(), axis.least.value_or(*y.low())),
                  std::min(*y.high(), axis.most.value_or(*y.high()))};
}

std::string value_words(const stats::Summary& y, const FigureAxis& axis) {
  return effect_text(y, false) + (axis.unit.empty() ? "" : " " + axis.unit) +
         (y.n > 1 ? " (n = " + std::to_string(y.n) + ")" : "");
}

std::string plot_number(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? shortest(*value) : "NaN";
}

void add_figure(const Spec& spec, const Table& rows, Document& document) {
  const FigureInput input{spec, rows, document};
  switch (spec.layout.kind) {
    case LayoutKind::kLines:
      return draw_lines(input);
    case LayoutKind::kBars:
      return draw_bars(input);
    case LayoutKind::kHeatmap:
      return draw_heatmap(input);
    case LayoutKind::kScatter:
      return draw_scatter(input);
    case LayoutKind::kTable:
      return;
  }
}

}  // namespace sinkmoe::report
