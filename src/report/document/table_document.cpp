#include "report/document/table_document.h"

#include <algorithm>
#include <cmath>

#include "core/text/split_join.h"
#include "report/text/number_text.h"

namespace sinkmoe::report {

namespace {

using Key = std::vector<std::string>;

// A mean of values that are not all finite says nothing.
std::string not_finite_text(const std::vector<stats::Seeded>& values) {
  const auto count = std::count_if(values.begin(), values.end(),
                                   [](const stats::Seeded& v) { return !std::isfinite(v.value); });
  return std::to_string(count) + " of " + std::to_string(values.size()) + " not finite";
}

Cell number_or_null(const std::optional<double>& value) {
  return value ? Cell(*value) : Cell(std::monostate{});
}

// Leaves out values that have no number in the experiment; a note names them.
std::vector<ValueColumn> shown_values(const Spec& spec, const Cells& cells, Document& document) {
  std::vector<ValueColumn> shown;
  for (const ValueColumn& v : spec.layout.values) {
    const bool any =
        std::any_of(cells.groups().begin(), cells.groups().end(),
                    [&](const CellGroup& g) { return !cells.values(g, v.column).empty(); });
    if (any || !v.optional)
      shown.push_back(v);
    else
      document.notes.push_back("Not measured in this experiment: " + v.title + ".");
  }
  return shown;
}

class TableBuilder {
 public:
  TableBuilder(const Spec& spec, const Cells& cells, Document& document)
      : spec_(spec), cells_(cells), values_(shown_values(spec, cells, document)) {
    for (const CellGroup& g : cells.groups()) {
      const Key row(g.key.begin(), g.key.begin() + static_cast<long>(spec.layout.rows.size()));
      add_once(rows_, row);
      if (spec.layout.cols) add_once(cols_, Key{g.key.back()});
    }
    if (!spec.layout.cols) {
      cols_.push_back({});
      return;
    }
    const std::vector<std::string>& order = spec.layout.cols->order;
    std::stable_sort(cols_.begin(), cols_.end(), [&](const Key& a, const Key& b) {
      return std::find(order.begin(), order.end(), a[0]) <
             std::find(order.begin(), order.end(), b[0]);
    });
  }

  Grid grid() const {
    Grid grid;
    add_header(grid);
    for (const Key& row : rows_) grid.rows.push_back(grid_row(row));
    return grid;
  }

  Table tidy(const Provenance& provenance) const;

 private:
  static void add_once(std::vector<Key>& list, const Key& key) {
    if (std::find(list.begin(), list.end(), key) == list.end()) list.push_back(key);
  }

  bool has_difference(const ValueColumn& v) const { return v.difference && spec_.pair; }
  // The control's own column has no difference.
  bool has_difference(const ValueColumn& v, const Key& col) const {
    if (!has_difference(v) || col.empty()) return has_difference(v);
    return spec_.layout.cols->column != spec_.pair->first || col[0] != spec_.pair->second;
  }
  bool is_control(const Key& key) const { return cells_.key_of({*spec_.pair}, key) == key; }

  static Key joined(Key row, const Key& col) {
    row.insert(row.end(), col.begin(), col.end());
    return row;
  }

  void add_header(Grid& grid) const {
    const auto add = [&](const std::string& title, bool right) {
      grid.header.push_back(title);
      grid.right.push_back(right);
    };
    for (const NamedColumn& c : spec_.layout.rows) add(c.heading(), false);
    for (const NamedColumn& c : spec_.layout.details) add(c.heading(), true);
    if (!spec_.layout.cols) add("n", true);
    for (const Key& col : cols_) {
      const std::string prefix =
          col.empty() ? "" : spec_.layout.cols->heading() + " " + plain_key(col[0]) + ": ";
      for (const ValueColumn& v : values_) {
        const std::string unit = v.unit.empty() ? "" : " (" + v.unit + ")";
        add(prefix + v.title + unit, true);
        if (v.median) add(prefix + "median (range)", true);
        if (has_difference(v, col)) add(prefix + "Δ " + v.title + unit, true);
      }
    }
  }

  std::string count_text(const CellGroup& group) const {
    const std::string others = not_done_text(group);
    const auto done = std::count_if(group.runs.begin(), group.runs.end(),
                                    [](const CellRun& r) { return r.status == RunStatus::done; });
    return std::to_string(done) + (others.empty() ? "" : " (" + others + ")");
  }

  std::string value_text(const CellGroup* group, const ValueColumn& v) const {
    if (!group) return "absent";
    const stats::Summary s = stats::summarize(values_only(cells_.values(*group, v.column)));
    const std::string others = not_done_text(*group);
    if (s.n > 0 && !s.mean) return not_finite_text(cells_.values(*group, v.column));
    if (!s.mean) return others.empty() ? "absent" : others;
    std::string text = mean_text(s, v.digits);
    const bool all_done = s.n == static_cast<int64_t>(group->runs.size());
    if (spec_.layout.cols || (!all_done && others.empty()))
      text += " (n = " + std::to_string(s.n) + (others.empty() ? "" : ", " + others) + ")";
    return text;
  }

  std::string median_cell(const CellGroup* group, const ValueColumn& v) const {
    if (!group) return "absent";
    const std::vector<double> values = values_only(cells_.values(*group, v.column));
    if (values.empty()) return "absent";
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    return fixed(stats::median(values), v.digits) + " (" + fixed(*low, v.digits) + " to " +
           fixed(*high, v.digits) + ")";
  }

  stats::PairedDifference difference(const CellGroup& group, const ValueColumn& v) const {
    const CellGroup* control = cells_.find(cells_.key_of({*spec_.pair}, group.key));
    if (!control) return {};
    return stats::paired_difference(cells_.values(group, v.column),
                                    cells_.values(*control, v.column));
  }

  std::string difference_cell(const CellGroup* group, const ValueColumn& v) const {
    if (!group) return "absent";
    if (is_control(group->key)) return "control";
    const stats::PairedDifference d = difference(*group, v);
    if (d.summary.n > 0 && !d.summary.mean) return "not finite";
    if (!d.summary.mean) return "absent";
    std::string text = difference_text(d.summary, v.digits);
    if (d.summary.n != static_cast<int64_t>(cells_.values(*group, v.column).size()))
      text += " (n = " + std::to_string(d.summary.n) + ")";
    return text;
  }

  std::vector<std::string> grid_row(const Key& row) const {
    std::vector<std::string> line;
    for (const std::string& key : row) line.push_back(plain_key(key));
    const CellGroup* first = nullptr;
    for (const Key& col : cols_)
      if (!first) first = cells_.find(joined(row, col));
    for (const NamedColumn& c : spec_.layout.details) {
      const std::string text = first ? cells_.common_text(*first, c.column) : "";
      line.push_back(text.empty() ? "absent" : text);
    }
    if (!spec_.layout.cols) line.push_back(count_text(*first));
    for (const Key& col : cols_) {
      const CellGroup* group = cells_.find(joined(row, col));
      for (const ValueColumn& v : values_) {
        line.push_back(value_text(group, v));
        if (v.median) line.push_back(median_cell(group, v));
        if (has_difference(v, col)) line.push_back(difference_cell(group, v));
      }
    }
    return line;
  }

  std::vector<Cell> tidy_row(const CellGroup& group, const ValueColumn& v) const;

  const Spec& spec_;
  const Cells& cells_;
  std::vector<ValueColumn> values_;
  std::vector<Key> rows_, cols_;
};

std::vector<Cell> TableBuilder::tidy_row(const CellGroup& group, const ValueColumn& v) const {
  std::vector<Cell> row;
  for (const std::string& k : group.key) row.emplace_back(k);
  for (const NamedColumn& c : spec_.layout.details)
    row.emplace_back(cells_.common_text(group, c.column));
  const stats::Summary s = stats::summarize(values_only(cells_.values(group, v.column)));
  const bool compare = has_difference(v) && !is_control(group.key);
  const stats::PairedDifference d = compare ? difference(group, v) : stats::PairedDifference{};
  row.insert(row.end(), {v.column, v.unit, s.n, number_or_null(s.mean), number_or_null(s.sd),
                         number_or_null(s.low()), number_or_null(s.high())});
  row.insert(row.end(), {compare ? Cell(d.summary.n) : Cell(), number_or_null(d.summary.mean),
                         number_or_null(d.summary.sd), number_or_null(d.summary.low()),
                         number_or_null(d.summary.high()), number_or_null(d.p)});
  row.insert(row.end(), {not_done_text(group),
                         join(group.runs, " ", [](const CellRun& r) { return r.run_id; })});
  return row;
}

Table TableBuilder::tidy(const Provenance& provenance) const {
  Table table;
  table.columns = cells_.keys();
  for (const NamedColumn& c : spec_.layout.details) table.columns.push_back(c.column);
  for (const char* name :
       {"value", "unit", "n", "mean", "sd", "ci95_low", "ci95_high", "pairs", "diff_mean",
        "diff_sd", "diff_ci95_low", "diff_ci95_high", "p", "not_done", "runs", "query_sha256"})
    table.columns.emplace_back(name);
  for (const CellGroup& group : cells_.groups())
    for (const ValueColumn& v : values_) {
      table.rows.push_back(tidy_row(group, v));
      table.rows.back().emplace_back(provenance.query_sha256);
    }
  return table;
}

}  // namespace

void add_table(const Spec& spec, const Cells& cells, Document& document) {
  const TableBuilder builder(spec, cells, document);
  document.grid = builder.grid();
  document.data = builder.tidy(document.provenance);
  document.grid_note = "Mean ± half width of the 95% t-interval over " + spec.layout.repeats + ".";
}

}  // namespace sinkmoe::report
