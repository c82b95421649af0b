// One verdict a claim, from the outcomes of all artifacts.
#pragma once

#include <string>
#include <vector>

#include "report/document/document.h"

namespace sinkmoe::report {

struct ClaimSummary {
  std::string claim;    // "C7"
  std::string verdict;  // that of all cells, "mixed", or "not run"
  // "6 of 6 primary cells", "4 not significant, 2 reproduced of 6 primary cells"
  std::string cells;
  std::vector<std::string> documents;  // "main_table.grid"
};

// Claims that the specs expect something of, C1 to C14 first. A claim's cells are its primary ones
// in experiments that are named and count, else its other ones there, else those of all other
// experiments (which repeat runs, or are somebody's own).
std::vector<ClaimSummary> summarize_claims(const std::vector<Spec>& specs,
                                           const std::vector<Document>& documents);

}  // namespace sinkmoe::report
