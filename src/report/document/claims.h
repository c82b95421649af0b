// One verdict per claim, from the outcomes of all artifacts.
#pragma once

#include <string>
#include <vector>

#include "report/document/document.h"

namespace sinkmoe::report {

struct ClaimSummary {
  std::string claim;    // "C7"
  std::string verdict;  // the verdict of all cells, "mixed", or "not run"
  // "6 of 6 primary cells", "4 not significant, 2 reproduced of 6 primary cells"
  std::string cells;
  std::vector<std::string> documents;  // "main_table.grid"
};

// The claims for which the specs state expectations, C1 to C14 first. A claim is judged by its
// primary cells in the experiments that are named and count. If it has none, by its other cells
// there; otherwise by the cells of all other experiments (repeated runs, private sweeps).
std::vector<ClaimSummary> summarize_claims(const std::vector<Spec>& specs,
                                           const std::vector<Document>& documents);

}  // namespace sinkmoe::report
