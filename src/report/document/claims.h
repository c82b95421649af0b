// One verdict per claim, from the judgements of all artifacts.
#pragma once

#include <map>
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
  std::vector<std::string> documents;  // "main_table.grid"
};

// The claims for which the specs state expectations, C1 to C14 first. A claim is judged by its
// primary cells in the experiments that are named and count; if there are none, by its primary cells
// in all other experiments (repeated runs, private sweeps).
std::vector<ClaimSummary> summarize_claims(const std::vector<Spec>& specs,
                                           const std::vector<Document>& documents);

}  // namespace sinkmoe::report
