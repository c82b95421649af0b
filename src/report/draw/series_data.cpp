#include "report/draw/series_data.h"

#include <algorithm>
#include <set>

namespace sinkmoe::report {

namespace {

// Panel, series and x columns, without repetition.
std::vector<std::string> key_columns(const Layout& layout) {
  std::vector<std::string> keys;
  const auto add = [&](const std::string& column) {
    if (std::find(keys.begin(), keys.end(), column) == keys.end()) keys.push_back(column);
  };
  if (layout.panel_cols) add(layout.panel_cols->column);
  if (layout.panel_rows) add(layout.panel_rows->column);
  for (const NamedColumn& c : layout.series) add(c.column);
  add(layout.x.column);
  return keys;
}

void tell_n_and_gaps(const FigureInput& input, const Cells& cells) {
  std::set<std::string> left_out;
  std::vector<size_t> counts;
  for (const CellGroup& g : cells.groups()) {
    for (const CellRun& r : g.runs)
      if (r.status != RunStatus::done) left_out.insert(r.run_id + " (" + name_of(r.status) + ")");
    const size_t n = cells.values(g, input.spec.layout.y.column).size();
    if (n > 0) counts.push_back(n);
  }
  for (const std::string& run : left_out)
    input.document.notes.push_back("Left out, not done: run " + run + ".");
  input.document.provenance.seeds = seeds_text(counts);
}

void fill_table(const FigureInput& input, const std::vector<std::string>& keys,
                const std::vector<std::pair<std::vector<std::string>, stats::Summary>>& points) {
  Table& table = input.document.data;
  table.columns = keys;
  for (const char* name : {"n", "mean", "sd", "ci95_low", "ci95_high", "query_sha256"})
    table.columns.emplace_back(name);
  const auto cell = [](const std::optional<double>& v) { return v ? Cell(*v) : Cell(); };
  for (const auto& [key, y] : points) {
    std::vector<Cell> row(key.begin(), key.end());
    row.insert(row.end(), {y.n, cell(y.mean), cell(y.sd), cell(y.low()), cell(y.high()),
                           input.document.provenance.query_sha256});
    table.rows.push_back(std::move(row));
  }
}

}  // namespace

void SeriesData::each(const std::function<void(size_t, size_t, SeriesPoint&)>& visit) {
  for (size_t panel = 0; panel < points.size(); ++panel)
    for (size_t s = 0; s < points[panel].size(); ++s)
      for (SeriesPoint& p : points[panel][s]) visit(panel, s, p);
}

SeriesData series_data(const FigureInput& input, const PanelAxis& cols, const PanelAxis& rows) {
  const Layout& layout = input.spec.layout;
  const Cells cells(input.rows, key_columns(layout), input.spec.path);
  tell_n_and_gaps(input, cells);
  SeriesData data{
      series_list(input), ordered_values(input.rows, layout.x.column, input.spec.path), {}};
  std::vector<std::pair<std::vector<std::string>, stats::Summary>> drawn;
  for (const std::string& row : rows.values)
    for (const std::string& col : cols.values) {
      std::vector<std::vector<SeriesPoint>>& panel = data.points.emplace_back();
      for (const auto& series : data.series.keys) {
        CellKey key;
        if (layout.panel_cols) key.emplace_back(layout.panel_cols->column, col);
        if (layout.panel_rows) key.emplace_back(layout.panel_rows->column, row);
        for (size_t i = 0; i < series.size(); ++i)
          key.emplace_back(layout.series[i].column, series[i]);
        panel.emplace_back();
        for (const std::string& x : data.x_values) {
          CellKey at = key;
          at.emplace_back(layout.x.column, x);
          const auto place = cells.key_of(at);
          const CellGroup* group = cells.find(place);
          if (!group) continue;
          const std::vector<stats::Seeded> runs = cells.values(*group, layout.y.column);
          if (runs.empty()) continue;
          const stats::Summary y = stats::summarize(values_only(runs));
          panel.back().push_back({x, 0, y, runs});
          drawn.emplace_back(place, y);
        }
      }
    }
  fill_table(input, cells.keys(), drawn);
  return data;
}

std::string block_name(size_t panel, size_t series) {
  return "$d" + std::to_string(panel) + "_" + std::to_string(series);
}

}  // namespace sinkmoe::report
