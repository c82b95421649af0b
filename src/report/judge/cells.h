// Query rows -> cells: the runs that share the key columns, with their values by seed.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/table.h"
#include "report/spec/spec.h"
#include "stats/summary.h"

namespace sinkmoe::report {

struct CellRun {
  int64_t seed = 0;
  std::string run_id, status;
  size_t row = 0;  // of the query result
};

struct CellGroup {
  std::vector<std::string> key;  // in the order of Cells::keys
  std::vector<CellRun> runs;     // in the order of the rows
};

class Cells {
 public:
  // `table` has the columns run_id, seed, status and the keys. Throws Error at `where`: a missing
  // column, and two runs with one seed in one cell (then the keys do not tell the runs apart).
  Cells(Table table, std::vector<std::string> keys, const std::string& where);

  const std::vector<std::string>& keys() const { return keys_; }
  const std::vector<CellGroup>& groups() const { return groups_; }  // in order of first appearance
  // nullptr: no run of the cell is in the result.
  const CellGroup* find(const std::vector<std::string>& key) const;
  // The key with the named columns replaced.
  std::vector<std::string> key_of(const CellKey& named,
                                  const std::vector<std::string>& base = {}) const;

  // Values of the done runs that have one. Throws Error for a missing column or text in it.
  std::vector<stats::Seeded> values(const CellGroup& group, const std::string& column) const;
  // Text of a column that is the same in every run of the cell; "various" when it is not,
  // "" when nowhere there.
  std::string common_text(const CellGroup& group, const std::string& column) const;
  const Table& table() const { return table_; }

 private:
  size_t column(const std::string& name) const;

  Table table_;
  std::vector<std::string> keys_;
  std::string where_;
  std::vector<CellGroup> groups_;
  std::map<std::vector<std::string>, size_t> index_;
};

// Column `name` of the table; throws Error at `where` naming the columns there are.
size_t require_column(const Table& table, const std::string& name, const std::string& where);

// "2 diverged, 1 running": the runs of the cell that are not done; "" when all are.
std::string not_done_text(const CellGroup& group);

std::vector<double> values_only(const std::vector<stats::Seeded>& values);

}  // namespace sinkmoe::report
