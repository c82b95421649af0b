#include "report/document/document.h"

#include <algorithm>
#include <set>

#include "core/error.h"
#include "core/hash.h"
#include "report/document/table_document.h"
#include "report/draw/figure.h"
#include "report/text/number_text.h"

namespace sinkmoe::report {

namespace {

constexpr const char* kPowerNote =
    "Power: detectable is the distance from no effect that n values with the spread seen show with "
    "80% power at 5%, two-sided, before Holm.";

Provenance provenance_of(const Spec& spec, const DocumentInput& input) {
  Provenance p;
  p.query = input.query;
  p.cells_query = input.cells_query;
  p.query_sha256 =
      sha256_hex(input.query + (input.cells_query.empty() ? "" : "\n;\n" + input.cells_query));
  std::set<std::string> runs, commits;
  const auto take_runs = [&](const Table& table) {
    const size_t column = require_column(table, "run_id", spec.path);
    for (const auto& row : table.rows) runs.insert(to_text(row[column]));
  };
  take_runs(input.rows);
  if (input.cells) take_runs(*input.cells);
  for (const std::string& run : runs) {
    const auto commit = input.commits.find(run);
    if (commit != input.commits.end() && !commit->second.empty()) commits.insert(commit->second);
  }
  p.runs.assign(runs.begin(), runs.end());
  p.commits.assign(commits.begin(), commits.end());
  return p;
}

void add_notes(const Spec& spec, const Cells& cells, Document& document) {
  std::vector<size_t> counts;
  size_t not_done = 0;
  for (const CellGroup& g : cells.groups()) {
    const auto done = std::count_if(g.runs.begin(), g.runs.end(),
                                    [](const CellRun& r) { return r.status == RunStatus::done; });
    counts.push_back(static_cast<size_t>(done));
    not_done += g.runs.size() - static_cast<size_t>(done);
  }
  document.provenance.seeds = seeds_text(counts, spec.layout.repeats);
  if (not_done > 0 && spec.layout.kind == LayoutKind::kTable)
    document.notes.push_back("Runs not done, left out of means: " + std::to_string(not_done) + ".");
  if (spec.pair && spec.layout.kind == LayoutKind::kTable)
    document.notes.push_back("Δ: mean over seeds of the difference to the run with " +
                             spec.pair->first + " " + spec.pair->second +
                             " and the same seed, with its 95% t-interval.");
}

// Absent: the spec has no cells.
std::optional<Cells> cells_of(const Spec& spec, const DocumentInput& input) {
  if (spec.cells.keys.empty()) return std::nullopt;
  return Cells(input.cells ? *input.cells : input.rows, spec.cells.keys, spec.path);
}

Document measured(const Spec& spec, const DocumentInput& input, const std::optional<Cells>& cells) {
  Document d;
  d.name = spec.name;
  d.experiment = input.experiment;
  d.id = spec.name + (input.experiment.empty() ? "" : "." + input.experiment);
  d.counts = counts_in_claims(spec, input.experiment);
  if (cells) d.judgements = measure_expectations(spec, input.experiment, *cells);
  return d;
}

// p after Holm of both tests: "0.012 / 0.6".
std::string holm_text(const stats::RuleTests& p) {
  return p_text(p.effect) + (p.size ? " / " + p_text(p.size) : "");
}

}  // namespace

std::string seeds_text(const std::vector<size_t>& counts, const std::string& repeats) {
  if (counts.empty()) return "no runs";
  const auto [low, high] = std::minmax_element(counts.begin(), counts.end());
  const std::string range = *low == *high ? "" : std::to_string(*low) + " to ";
  const std::string word = *high == 1 ? repeats.substr(0, repeats.size() - 1) : repeats;
  return "n = " + range + std::to_string(*high) + " " + word;
}

bool counts_in_claims(const Spec& spec, const std::string& experiment) {
  for (const SpecExperiment& e : spec.experiments)
    if (e.name == experiment) return e.counts;
  return spec.experiments.empty();
}

Document measure_document(const Spec& spec, const DocumentInput& input) {
  return measured(spec, input, cells_of(spec, input));
}

Document make_document(const Spec& spec, const DocumentInput& input) {
  const std::optional<Cells> cells = cells_of(spec, input);
  Document d = measured(spec, input, cells);
  d.title = spec.title + (input.task.empty() ? "" : ", " + input.task);
  d.paper = spec.paper;
  d.caption = spec.caption;
  d.claims = spec.claims;
  d.provenance = provenance_of(spec, input);
  if (cells) {
    add_notes(spec, *cells, d);
    if (spec.layout.kind == LayoutKind::kTable) add_table(spec, *cells, d);
  }
  if (spec.layout.kind != LayoutKind::kTable) add_figure(spec, input.rows, d);
  if (std::any_of(d.judgements.begin(), d.judgements.end(),
                  [](const Judgement& o) { return o.detectable.has_value(); }))
    d.notes.emplace_back(kPowerNote);
  return d;
}

Grid verdict_grid(const std::vector<Judgement>& judgements) {
  Grid grid;
  grid.header = {"claim", "cell",          "rule",     "n",    "effect (95% CI)", "detectable",
                 "p",     "p (sign flip)", "p (size)", "Holm", "verdict",         "the paper"};
  grid.right = {false, false, false, true, true, true, true, true, true, true, false, false};
  for (const Judgement& o : judgements) {
    const bool difference = !o.expectation.bound;
    grid.rows.push_back({o.expectation.claim, o.cell, o.rule, std::to_string(o.effect.n),
                         o.effect.mean ? effect_text(o.effect, difference) : "absent",
                         o.detectable ? significant(*o.detectable, 2) : "", p_text(o.p.effect),
                         p_text(o.flip_p), p_text(o.p.size), holm_text(o.holm), verdict_text(o),
                         o.expectation.paper});
  }
  return grid;
}

}  // namespace sinkmoe::report
