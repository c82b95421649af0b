#include "report/judge/cells.h"

#include <algorithm>
#include <set>

#include "core/text/split_join.h"

namespace sinkmoe::report {

size_t require_column(const Table& table, const std::string& name, const std::string& where) {
  const auto it = std::find(table.columns.begin(), table.columns.end(), name);
  if (it != table.columns.end()) return static_cast<size_t>(it - table.columns.begin());
  throw Error("the query gives no column '" + name + "'", where,
              "its columns are: " + join(table.columns, ", "));
}

TwoRunsInOneCell::TwoRunsInOneCell(const CellRun& a, const CellRun& b, const std::string& where)
    : Error("runs " + a.run_id + " and " + b.run_id + " are in one cell with seed " +
                std::to_string(a.seed),
            where, "add the column they differ in to the keys, or a condition to the query"),
      run_a(a.run_id),
      run_b(b.run_id) {}

Cells::Cells(Table table, std::vector<std::string> keys, const std::string& where)
    : table_(std::move(table)), keys_(std::move(keys)), where_(where) {
  std::vector<size_t> key_columns;
  for (const std::string& k : keys_) key_columns.push_back(column(k));
  const size_t run_id = column("run_id"), seed = column("seed"), status = column("status");
  for (size_t row = 0; row < table_.rows.size(); ++row) {
    const std::vector<Cell>& cells = table_.rows[row];
    std::vector<std::string> key;
    for (const size_t c : key_columns) key.push_back(to_text(cells[c]));
    const auto [at, is_new] = index_.emplace(key, groups_.size());
    if (is_new) groups_.push_back({key, {}});
    const CellRun run{static_cast<int64_t>(to_number(cells[seed])), to_text(cells[run_id]),
                      parse_name<RunStatus>(to_text(cells[status]), where_), row};
    for (const CellRun& other : groups_[at->second].runs)
      if (other.seed == run.seed) throw TwoRunsInOneCell(other, run, where_);
    groups_[at->second].runs.push_back(run);
  }
}

size_t Cells::column(const std::string& name) const { return require_column(table_, name, where_); }

const CellGroup* Cells::find(const std::vector<std::string>& key) const {
  const auto it = index_.find(key);
  return it == index_.end() ? nullptr : &groups_[it->second];
}

std::vector<std::string> Cells::key_of(const CellKey& named,
                                       const std::vector<std::string>& base) const {
  std::vector<std::string> key = base;
  key.resize(keys_.size());
  for (const auto& [name, value] : named)
    key[static_cast<size_t>(std::find(keys_.begin(), keys_.end(), name) - keys_.begin())] = value;
  return key;
}

std::vector<stats::Seeded> Cells::values(const CellGroup& group, const std::string& name) const {
  const size_t c = column(name);
  std::vector<stats::Seeded> values;
  for (const CellRun& run : group.runs) {
    const Cell& cell = table_.rows[run.row][c];
    if (run.status != RunStatus::done || is_null(cell)) continue;
    if (std::holds_alternative<std::string>(cell))
      throw Error(
          "column '" + name + "' has the text '" + to_text(cell) + "' where a number is needed",
          where_);
    values.push_back({run.seed, to_number(cell)});
  }
  return values;
}

std::string Cells::common_text(const CellGroup& group, const std::string& name) const {
  const size_t c = column(name);
  std::set<std::string> texts;
  for (const CellRun& run : group.runs)
    if (!is_null(table_.rows[run.row][c])) texts.insert(to_text(table_.rows[run.row][c]));
  if (texts.empty()) return "";
  return texts.size() == 1 ? *texts.begin() : "various";
}

std::string not_done_text(const CellGroup& group) {
  std::map<std::string, int> count;
  for (const CellRun& run : group.runs)
    if (run.status != RunStatus::done) ++count[name_of(run.status)];
  return join(count, ", ", [](const auto& c) { return std::to_string(c.second) + " " + c.first; });
}

std::vector<double> values_only(const std::vector<stats::Seeded>& values) {
  std::vector<double> list;
  for (const stats::Seeded& v : values) list.push_back(v.value);
  return list;
}

}  // namespace sinkmoe::report
