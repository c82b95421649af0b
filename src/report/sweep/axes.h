// What an experiment varies: the configuration keys that differ between its runs, read from the
// stored plan.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/table.h"

namespace sinkmoe::report {

// Runs one SELECT: Reader::query, or fixed tables in tests.
using QueryFunction = std::function<Table(const std::string& sql)>;

struct Axis {
  std::string key;                  // "train.lr"
  std::string column;               // "train_lr"
  std::string expression;           // its SQL on a row `e` of experiment_wide
  std::string title;                // printed before the value: "lr"; "": the value needs none
  std::vector<std::string> values;  // distinct; numbers by size, others in the order of the runs
  bool numeric = false;
};

// Axes that vary together, such as the keys of a zip: the first one alone tells the values of the others.
using Dimension = std::vector<Axis>;

struct Sweep {
  std::vector<std::string> experiments;
  std::vector<Dimension> dimensions;  // in the order of the configuration; empty: one group of runs

  // The axis of a key or of its column; nullptr if the runs do not differ in it.
  const Axis* find(const std::string& key) const;
  std::vector<std::string> keys() const;  // of all axes
  // "('a', 'b')", for `experiment in`
  std::string in_list() const;
};

// The axes of the runs of these experiments. Seeds are no axis, nor are keys that do not change
// results (threads). Runs of equal configuration may still differ in the run that they start from
// or in the contents of their data; then an axis for that comes last, so that the axes always
// separate the groups. Of several experiments, only keys that differ within one of them are axes.
Sweep read_sweep(const QueryFunction& query, const std::vector<std::string>& experiments);

// Columns of experiment_wide in which two runs differ, as axes: why they do not belong in one cell.
std::vector<Axis> differing_axes(const Sweep& sweep, const QueryFunction& query,
                                 const std::string& run_a, const std::string& run_b);

}  // namespace sinkmoe::report
