#include "report/draw/row_marks.h"

#include <set>

#include "core/error.h"
#include "core/run/run.h"
#include "core/text/split_join.h"

namespace sinkmoe::report {

bool RowMarks::in_panel(const std::vector<Cell>& row, const PlotFrame& frame, size_t panel) const {
  return (!panel_col || to_text(row[*panel_col]) == frame.col_value(panel)) &&
         (!panel_row || to_text(row[*panel_row]) == frame.row_value(panel));
}

double mark_number(const Cell& cell, const FigureInput& input) {
  if (std::holds_alternative<std::string>(cell))
    throw Error("the text '" + to_text(cell) + "' where a number is needed", input.spec.path);
  return to_number(cell);
}

RowMarks row_marks(const FigureInput& input) {
  const Layout& layout = input.spec.layout;
  const auto at = [&](const std::string& name) {
    return require_column(input.rows, name, input.spec.path);
  };
  RowMarks marks;
  if (layout.panel_cols) marks.panel_col = at(layout.panel_cols->column);
  if (layout.panel_rows) marks.panel_row = at(layout.panel_rows->column);
  marks.x = at(layout.x.column);
  marks.y = at(layout.y.column);
  const size_t status = at("status"), run = at("run_id"), seed = at("seed");
  std::set<std::string> left_out;
  const Table seeds_of{{"seed"}, {}};
  Table seeds = seeds_of, &data = input.document.data;
  data.columns = input.rows.columns;
  data.columns.emplace_back("query_sha256");
  for (size_t r = 0; r < input.rows.rows.size(); ++r) {
    const auto& row = input.rows.rows[r];
    const std::string stands = to_text(row[status]);
    if (parse_name<RunStatus>(stands, input.spec.path) != RunStatus::done) {
      left_out.insert(to_text(row[run]) + " (" + stands + ")");
      continue;
    }
    marks.rows.push_back(r);
    seeds.rows.push_back({row[seed]});
    data.rows.push_back(row);
    data.rows.back().emplace_back(input.document.provenance.query_sha256);
  }
  for (const std::string& text : left_out)
    input.document.notes.push_back("Left out, not done: run " + text + ".");
  const std::vector<std::string> names = ordered_values(seeds, "seed", input.spec.path);
  input.document.provenance.seeds = "n = " + std::to_string(names.size()) +
                                    (names.size() == 1 ? " (seed " : " (seeds ") +
                                    (names.empty() ? "none" : join(names, ", ")) + ")";
  return marks;
}

}  // namespace sinkmoe::report
