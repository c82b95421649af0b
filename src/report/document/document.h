// One artifact as plain values, ready to be rendered. Made from a spec and query results; reads no
// file and no clock.
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
  std::vector<bool> right;  // alignment per column
  std::vector<std::vector<std::string>> rows;
};

// A value in a drawing: where it is, and its words for the pointer.
struct FigureMark {
  double x = 0, y = 0;  // screen points from the upper left corner
  std::string text;     // "weight 0.01, step 100: 2.01 ± 0.02 (n = 5)"
};

// A drawing as gnuplot commands, without terminal and output.
struct Figure {
  std::string script;
  int width = 0, height = 0;  // in screen points
  int head = 0, foot = 0;     // the part of the height that title and caption take
  std::string rule;           // what is drawn, with n: the last paragraph of the caption
  std::vector<FigureMark> marks;
  std::string title;
};

struct Provenance {
  std::string query, query_sha256;  // with parameters filled in; the hash covers both queries
  std::string cells_query;          // "" if verdicts use the same rows
  std::vector<std::string> runs, commits;  // sorted
  std::string seeds;                       // "n = 3 seeds", "n = 2 to 5 seeds", "n = 7 rounds"
};

struct Document {
  std::string id;  // "main_table.quick": the stem of all its file names
  std::string name, experiment, title, paper, caption;
  bool counts = true;  // in the verdicts of claims: its experiment is named, and no repetition
  std::vector<std::string> claims;
  std::optional<Grid> grid;           // tables
  std::string grid_note;              // what its cells show
  std::optional<Figure> figure;       // figures
  Table data;                         // tidy: the numbers that the table or figure shows
  std::vector<Judgement> judgements;  // judge_families gives their verdicts
  std::vector<std::string> notes;     // what is missing, the power of the comparisons
  Provenance provenance;
};

struct DocumentInput {
  std::string experiment;  // "": the query uses none
  std::string query;       // as run
  Table rows;
  std::string cells_query;                     // "" if the spec has none
  std::optional<Table> cells;                  // its result
  std::map<std::string, std::string> commits;  // run_id -> commit
  std::string task;  // what the runs learn, "text (novels)"; part of the title; "" if unknown
};

// "n = 3 seeds", "n = 2 to 5 seeds" from the number of values in each cell. `repeats`: what is
// counted, in plural.
std::string seeds_text(const std::vector<size_t>& counts, const std::string& repeats = "seeds");

// False for experiments matched by "*" and those with `counts = false`: a private sweep must not
// decide a claim that a committed experiment decides.
bool counts_in_claims(const Spec& spec, const std::string& experiment);

// Throws Error with the place in the spec: a missing column, keys that do not separate the runs,
// text instead of a number.
Document make_document(const Spec& spec, const DocumentInput& input);

// Only the names and the judgements. `input` needs only the rows that verdicts are computed from.
Document measure_document(const Spec& spec, const DocumentInput& input);

// The judgements as a grid with columns cell, rule, n, effect, power, p, Holm, verdict.
Grid verdict_grid(const std::vector<Judgement>& judgements);

}  // namespace sinkmoe::report
