#include "report/figure.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "core/text.h"
#include "report/figure_parts.h"

namespace sinkmoe {

namespace {

std::optional<double> parse_number(const std::string& text) {
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = result.ec == std::errc() && result.ptr == text.data() + text.size();
  return whole ? std::optional(value) : std::nullopt;
}

void sort_if_numbers(std::vector<std::string>& values) {
  const bool numbers = std::all_of(values.begin(), values.end(), [](const std::string& v) {
    return parse_number(v).has_value();
  });
  if (numbers)
    std::stable_sort(values.begin(), values.end(), [](const std::string& a, const std::string& b) {
      return *parse_number(a) < *parse_number(b);
    });
}

}  // namespace

std::vector<std::string> ordered_values(const Table& rows, const NamedColumn& column,
                                        const std::string& where) {
  const size_t c = require_column(rows, column.column, where);
  std::vector<std::string> values;
  std::set<std::string> seen;
  for (const auto& row : rows.rows) {
    const std::string text = to_text(row[c]);
    if (seen.insert(text).second) values.push_back(text);
  }
  sort_if_numbers(values);
  return values;
}

PanelAxis panel_axis(const FigureInput& input, const std::optional<NamedColumn>& column) {
  if (!column) return {};
  PanelAxis axis;
  axis.title = column->title == column->column ? "" : column->title;
  axis.values = ordered_values(input.rows, *column, input.spec.path);
  if (axis.values.empty()) axis.values = {""};
  return axis;
}

SeriesList series_list(const FigureInput& input) {
  std::vector<size_t> columns;
  std::vector<std::vector<std::string>> orders;
  for (const NamedColumn& c : input.spec.layout.series) {
    columns.push_back(require_column(input.rows, c.column, input.spec.path));
    orders.push_back(ordered_values(input.rows, c, input.spec.path));
  }
  std::map<std::vector<size_t>, std::vector<std::string>> found;  // by place in the orders
  for (const auto& row : input.rows.rows) {
    std::vector<size_t> place;
    std::vector<std::string> key;
    for (size_t i = 0; i < columns.size(); ++i) {
      key.push_back(to_text(row[columns[i]]));
      place.push_back(static_cast<size_t>(std::find(orders[i].begin(), orders[i].end(), key[i]) -
                                          orders[i].begin()));
    }
    found.emplace(place, key);
  }
  SeriesList list;
  for (const auto& [place, key] : found) {
    std::string title;
    for (size_t i = 0; i < key.size(); ++i) {
      const NamedColumn& c = input.spec.layout.series[i];
      const std::string name = c.title == c.column || c.title.empty() ? "" : c.title + " ";
      title += (title.empty() ? "" : ", ") + name + key[i];
    }
    list.keys.push_back(key);
    list.titles.push_back(title);
  }
  return list;
}

size_t legend_lines(const SeriesList& series, size_t panel_columns) {
  if (series.keys.size() < 2) return 0;
  size_t letters = 0;
  for (const std::string& t : series.titles) letters = std::max(letters, t.size());
  const double entry = 7.0 * static_cast<double>(letters) + 50;
  const double width = 300.0 * static_cast<double>(panel_columns);
  const double in_line = std::max(1.0, std::floor(width / entry));
  return static_cast<size_t>(std::ceil(static_cast<double>(series.keys.size()) / in_line));
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
                    std::to_string(d.provenance.runs.size()) + " runs.");
  return caption;
}

std::vector<size_t> done_rows(const FigureInput& input) {
  const size_t status = require_column(input.rows, "status", input.spec.path);
  const size_t run = require_column(input.rows, "run_id", input.spec.path);
  std::vector<size_t> rows;
  std::set<std::string> left_out;
  for (size_t r = 0; r < input.rows.rows.size(); ++r) {
    if (to_text(input.rows.rows[r][status]) == "done")
      rows.push_back(r);
    else
      left_out.insert(to_text(input.rows.rows[r][run]) + " " + to_text(input.rows.rows[r][status]));
  }
  for (const std::string& text : left_out)
    input.document.notes.push_back("Left out, not done: run " + text + ".");
  return rows;
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

}  // namespace sinkmoe
