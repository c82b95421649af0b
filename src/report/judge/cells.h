// Query rows -> cells. A cell is the runs with the same key columns, with their values by seed.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/run/run.h"
#include "core/table.h"
#include "report/spec/spec.h"
#include "stats/summary.h"

namespace sinkmoe::report {

struct CellRun {
  int64_t seed = 0;
  std::string run_id;
  RunStatus status = RunStatus::planned;
  size_t row = 0;  // of the query result
};

struct CellGroup {
  std::vector<std::string> key;  // in the order of Cells::keys
  std::vector<CellRun> runs;     // in the order of the rows
};

// Two runs with the same seed are in one cell: the keys do not separate the runs.
struct TwoRunsInOneCell : Error {
  TwoRunsInOneCell(const CellRun& a, const CellRun& b, const std::string& where);
  std::string run_a, run_b;
};

class Cells {
 public:
  // `table` has the columns run_id, seed, status and the keys. Throws Error at `where` for a
  // missing column, and TwoRunsInOneCell.
  Cells(Table table, std::vector<std::string> keys, const std::string& where);

  const std::vector<std::string>& keys() const { return keys_; }
  const std::vector<CellGroup>& groups() const { return groups_; }  // in order of first appearance
  // nullptr: the result has no run of this cell.
  const CellGroup* find(const std::vector<std::string>& key) const;
  // The key with the named columns replaced.
  std::vector<std::string> key_of(const CellKey& named,
                                  const std::vector<std::string>& base = {}) const;

  // Values of the done runs that have one. Throws Error if the column is missing or holds text.
  std::vector<stats::Seeded> values(const CellGroup& group, const std::string& column) const;
  // The text of a column, if it is the same in every run of the cell; "various" if it differs, "" if
  // no run has it.
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

// Column `name` of the table. Throws Error at `where`, with the columns that exist.
size_t require_column(const Table& table, const std::string& name, const std::string& where);

// "2 diverged, 1 running": the runs of the cell that are not done; "" if all are done.
std::string not_done_text(const CellGroup& group);

std::vector<double> values_only(const std::vector<stats::Seeded>& values);

}  // namespace sinkmoe::report
