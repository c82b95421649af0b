// One verdict per claim, from the judgements of all artifacts.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "report/document/document.h"

namespace sinkmoe::report {

struct ClaimSummary {
  std::string claim;  // "C7"
  // The verdict of all its cells; the counts of each if they differ, "0 supported" included: "0
  // supported, 4 excluded, 2 undecided"; "not run"; or "no primary cell".
  std::string verdict;
  std::string cells;                    // "6 primary cells", "6 primary cells and 3 duplicates"
  std::map<stats::Verdict, int> count;  // of distinct primary cells
  int duplicates = 0;
  // The undecided cells: the fewest and the most seeds that one of them needs, and hours of one
  // worker for all. Seeds that several cells share are run once. `endless`: cells that a million
  // seeds would not decide.
  int64_t fewest_seeds = 0, most_seeds = 0;
  double hours = 0;
  int endless = 0;
  std::set<std::string> repeats = {};    // what those cells count: seeds, chains
  std::map<std::string, int> obstacles;  // why cells are untestable or missing, and how many
  std::vector<std::string> documents;    // "main_table.grid"
  std::vector<std::string> absent;       // experiments that would decide it and have no document
  std::string sentence = {};             // what it says; "": nobody has written it down
};

// "undecided: 4 to 45 seeds would decide, 3.1 h of one worker; untestable: no room above the floor:
// room needed above 0.02 (6 cells)"; "" where every cell is decided.
std::string open_text(const ClaimSummary& claim);

// The claims for which the specs state expectations, C1 to C14 first. A claim is judged by its
// primary cells in the experiments that are named and count; if there are none, by its primary cells
// in all other experiments (repeated runs, private sweeps).
// `sentences` are those of read_claim_texts().
std::vector<ClaimSummary> summarize_claims(
    const std::vector<Spec>& specs, const std::vector<Document>& documents,
    const std::map<std::string, std::string>& sentences = {});

// "C7   what it says\n     verdict; 6 primary cells; main_table.grid\n" and a line of open_text();
// without `artifacts` it ends after the cells.
std::string claim_text(const ClaimSummary& claim, bool artifacts);

}  // namespace sinkmoe::report
