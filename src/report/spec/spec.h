// What one artifact shows and what the paper claims about it: plots/NAME.toml, read strictly.
//
// docs/artifacts.md describes the file. An unknown key is an error. Nothing here depends on the
// database.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stats/verdict.h"

namespace sinkmoe::report {

// An experiment for which the artifact is made, if the database has it. "*" means all that no
// artifact names.
struct SpecExperiment {
  std::string name;
  int64_t n = stats::kFewestValues;  // seeds that its verdicts need
  bool counts = true;  // in the verdicts of claims; false: its runs are part of another experiment
};

// A column of the query result and its printed name.
struct NamedColumn {
  std::string column, title;  // title "": the values need none
  std::vector<std::string> order =
      {};  // values that come first, in this order; the others as they appear
  const std::string& heading() const { return title.empty() ? column : title; }
};

struct ValueColumn {
  std::string column, title, unit;
  int digits = 4;           // after the decimal point
  bool difference = false;  // also show the paired difference to the control
  bool median = false;      // also show the median and the range
  bool optional = false;    // leave it out if no cell has it
};

struct FigureAxis {
  std::string column, title, unit;
  bool log = false;
  std::optional<double> from, to, guide;  // limits; a dashed line
  std::optional<double> least, most;      // no value lies beyond: intervals end there
};

enum class LayoutKind { kTable, kLines, kBars, kHeatmap, kScatter };

struct Layout {
  LayoutKind kind = LayoutKind::kTable;
  // table
  // details: equal in all runs of a cell (parameter count)
  std::vector<NamedColumn> rows, details;
  std::optional<NamedColumn> cols;
  std::vector<ValueColumn> values;
  std::string repeats = "seeds";  // what n counts
  // figures: x and y; for a heatmap x = head, y = layer and `color` the value
  FigureAxis x, y, color;
  std::vector<NamedColumn> series;
  std::optional<NamedColumn> panel_cols, panel_rows;
  bool own_ranges = false;  // lines: each row of panels has a y range of its own
};

// Values of key columns, as text ("0.01").
using CellKey = std::vector<std::pair<std::string, std::string>>;

// A condition that must hold before a verdict can mean anything; otherwise "untestable".
struct Guard {
  std::string value;
  CellKey cell;  // all keys: those the file names, the others as in the judged cell
  std::optional<double> above, below;
  std::string text;
};

// One claim about one cell, with its rule.
struct Expectation {
  std::string claim, paper;  // "C7"; what the paper says
  std::string value;         // column
  CellKey cell;
  CellKey than;  // the keys that differ in the cell it is compared with, paired by seed; or
  std::optional<double> bound;  // the number that its mean is claimed to be above or below
  std::optional<double> none;   // with a bound: the value that means "no effect"; absent: the bound
  stats::Rule rule;             // rule.n comes from the experiment
  bool primary = false;         // decides the claim: in its family, with a verdict
  bool published = true;
  stats::Verdict found = stats::Verdict::kSupported;  // the verdict for which `check` prints PASS
  std::vector<std::string> experiments;               // empty: all
  std::vector<Guard> guards;

  // What the value is when there is no effect.
  double origin() const { return bound ? none.value_or(*bound) : 0; }
};

// The rows that verdicts are computed from: one row per run.
struct CellSource {
  std::string query;  // "": the artifact's own query
  std::vector<std::string> keys;
};

struct Spec {
  std::string name, path;  // "main_table", "plots/main_table.toml"
  std::string paper, title, caption;
  std::vector<std::string> claims;
  std::vector<SpecExperiment> experiments;  // empty: the query uses none
  // Experiments that some artifact of the folder names: "*" does not match them.
  std::vector<std::string> named;
  std::vector<std::string> optional_columns;
  std::string query;
  std::optional<std::pair<std::string, std::string>> pair;  // key column, its value in the control
  Layout layout;
  CellSource cells;
  std::vector<Expectation> expect;
};

// Throws Error with every problem, each as path:line:column.
Spec parse_spec(std::string_view toml, const std::string& path);
Spec read_spec(const std::filesystem::path& path);

// NAME of every plots/NAME.toml and plots/local/NAME.toml but claims.toml, sorted. Throws Error if the folder does not exist.
std::vector<std::string> spec_names(const std::filesystem::path& folder);

// The specs called `names` (empty: all). The problems of all files come in one Error.
std::vector<Spec> read_specs(const std::filesystem::path& folder,
                             const std::vector<std::string>& names);

// The other specs of the folder, as far as they can be read: their cells decide the same claims.
std::vector<Spec> read_other_specs(const std::filesystem::path& folder,
                                   const std::vector<std::string>& names);

}  // namespace sinkmoe::report
