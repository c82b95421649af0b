// index.html: what came out, then every table and figure, in one file that opens without network.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "report/document/claims.h"
#include "report/document/document.h"
#include "report/sweep/axes.h"

namespace sinkmoe::report {

// What the page tells beside the documents.
struct PageHead {
  std::string database, last_run;    // file name; "2026-11-30 09:12 UTC", "" if no run ended
  std::vector<ClaimSummary> claims;  // empty: no claim is judged
  Table runs;                        // run_id first; a row for each run
};

// The last run's date and the table of runs, from the database.
PageHead read_head(const QueryFunction& query, const std::string& database);

struct PageInput {
  std::vector<Document> documents;
  std::map<std::string, std::string> svg;  // document id -> drawing
  std::map<std::string, std::vector<std::string>>
      files;                          // document id -> file names beside the page
  std::vector<std::string> problems;  // what failed, and why
  std::vector<std::string> absent;    // artifacts without runs
  PageHead head;
};

// The same input gives the same bytes.
std::string render_page(const PageInput& input);

// The order of the page: first the tables that tell what came out (those of own sweeps, then the
// largest main table), then the documents by their first claim, then those without a claim.
struct PageOrder {
  std::vector<const Document*> first, others;
};
PageOrder page_order(const std::vector<Document>& documents);

// "C1, C2": the claims that were not judged for lack of runs; "" if there are none.
std::string claims_not_run(const std::vector<ClaimSummary>& claims);

}  // namespace sinkmoe::report
