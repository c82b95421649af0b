#include "report/sweep/more_axes.h"

#include <algorithm>
#include <map>

#include "core/text/quote.h"
#include "core/text/split_join.h"
#include "report/judge/cells.h"

namespace sinkmoe::report {

namespace {

using ByRun = std::map<std::string, std::vector<Cell>>;

ByRun values_by_run(const std::string& experiment, const std::vector<Axis>& axes,
                    const QueryFunction& query) {
  const std::string columns = join(axes, ", ", [](const Axis& a) { return a.expression; });
  ByRun values;
  for (auto& row :
       query("select e.run_id, " + columns +
             " from experiment_wide e where e.experiment = " + in_quotes(experiment, '\''))
           .rows) {
    const std::string run = to_text(row[0]);
    row.erase(row.begin());
    values.emplace(run, row);
  }
  return values;
}

void add_columns(Table& table, const std::vector<Axis>& axes, const ByRun& values,
                 const std::string& where) {
  const size_t run = require_column(table, "run_id", where);
  for (const Axis& a : axes) table.columns.push_back(a.column);
  const std::vector<Cell> absent(axes.size());
  for (auto& row : table.rows) {
    const auto found = values.find(to_text(row[run]));
    const std::vector<Cell>& more = found == values.end() ? absent : found->second;
    row.insert(row.end(), more.begin(), more.end());
  }
}

// A heat map has no lines: the values of the axes become part of the names of its rows of panels.
void into_panels(Spec& spec, Table& rows, const std::vector<Axis>& axes) {
  std::optional<NamedColumn>& panel = spec.layout.panel_rows;
  std::string name = "panel";
  while (std::find(rows.columns.begin(), rows.columns.end(), name) != rows.columns.end())
    name += "+";
  std::vector<std::string> names;
  for (auto& row : rows.rows) {
    std::string text = panel ? to_text(row[require_column(rows, panel->column, spec.path)]) : "";
    for (const Axis& a : axes)
      text += (text.empty() ? "" : ", ") + (a.title.empty() ? "" : a.title + " ") +
              to_text(row[require_column(rows, a.column, spec.path)]);
    names.push_back(text);
  }
  rows.columns.push_back(name);
  for (size_t r = 0; r < rows.rows.size(); ++r) rows.rows[r].emplace_back(names[r]);
  panel = NamedColumn{name, panel ? panel->title : ""};
}

}  // namespace

void add_axes(Spec& spec, DocumentInput& input, const std::vector<Axis>& axes,
              const QueryFunction& query) {
  const ByRun values = values_by_run(input.experiment, axes, query);
  add_columns(input.rows, axes, values, spec.path);
  if (input.cells) add_columns(*input.cells, axes, values, spec.path);
  Layout& layout = spec.layout;
  for (const Axis& a : axes) {
    if (layout.kind == LayoutKind::kTable)
      layout.rows.push_back({a.column, a.title.empty() ? a.key : a.title});
    else if (layout.kind != LayoutKind::kHeatmap)
      layout.series.push_back({a.column, a.title});
    auto& keys = spec.cells.keys;
    if (!keys.empty()) keys.insert(layout.cols ? keys.end() - 1 : keys.end(), a.column);
  }
  if (layout.kind == LayoutKind::kHeatmap) into_panels(spec, input.rows, axes);
  spec.caption += " These runs also differ in " +
                  join(axes, ", ", [](const Axis& a) { return a.key; }) + ", so it is shown too" +
                  (spec.expect.empty() ? "." : ", and no rule of this artifact is judged.");
  spec.expect.clear();
}

}  // namespace sinkmoe::report
