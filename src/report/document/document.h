// One artifact, ready to be rendered: plain values, made from a spec and query results without
// any file or clock.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/table.h"
#include "report/judge/judgement.h"
#include "report/spec/spec.h"

namespace sinkmoe::report {

// Text in rows and columns, not escaped yet.
struct Grid {
  std::vector<std::string> header;
  std::vector<bool> right;  // alignment of a column
  std::vector<std::vector<std::string>> rows;
};

// A drawing as gnuplot commands, without terminal and output.
struct Figure {
  std::string script;
  int width = 0, height = 0;  // in points of the screen
};

struct Provenance {
  std::string query, query_sha256;  // as run, parameters filled in; the hash covers both queries
  std::string cells_query;          // "" where verdicts use the same rows
  std::vector<std::string> runs, commits;  // sorted
  std::string seeds;                       // "n = 3 seeds", "n = 2 to 5 seeds", "n = 7 rounds"
};

struct Document {
  std::string id;  // "main_table.quick": the stem of every file
  std::string name, experiment, title, paper, caption;
  std::vector<std::string> claims;
  std::optional<Grid> grid;      // tables
  std::string grid_note;         // what stands in its cells
  std::optional<Figure> figure;  // figures
  Table data;                    // tidy: what the table or figure shows, in numbers
  std::vector<Judgement> judgements;
  std::vector<std::string> notes;  // what is missing, the power of the comparisons
  Provenance provenance;
};

struct DocumentInput {
  std::string experiment;  // "": the query names none
  std::string query;       // as run
  Table rows;
  std::string cells_query;                     // "" when the spec has none
  std::optional<Table> cells;                  // its result
  std::map<std::string, std::string> commits;  // run_id -> commit
};

// "n = 3 seeds", "n = 2 to 5 seeds" from the number of values in each cell. `repeats`: plural
// of what is counted.
std::string seeds_text(const std::vector<size_t>& counts, const std::string& repeats = "seeds");

// Throws Error at the spec: a missing column, runs the keys do not tell apart, text where
// a number is needed.
Document make_document(const Spec& spec, const DocumentInput& input);

// The judgements as a grid: cell, rule, n, effect, power, p, Holm, verdict.
Grid verdict_grid(const std::vector<Judgement>& judgements);

}  // namespace sinkmoe::report
