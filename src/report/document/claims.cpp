#include "report/document/claims.h"

#include <algorithm>
#include <string_view>
#include <tuple>

#include "core/text/number.h"
#include "core/text/split_join.h"
#include "report/text/number_text.h"

namespace sinkmoe::report {

namespace {

struct Judged {
  const Document* document;
  const Judgement* judgement;
};

// "C2" before "C10"; claims of the paper, then our questions, tables, figures and everything else.
auto claim_order(const std::string& claim) {
  const auto number = claim.size() > 1 ? parse_number<double>(claim.substr(1)) : std::nullopt;
  const size_t kind = number ? std::string_view("CQTF").find(claim[0]) : std::string_view::npos;
  return std::tuple(kind, number.value_or(1e9), claim);
}

std::vector<Judged> primary_cells(const std::string& claim,
                                  const std::vector<Document>& documents) {
  std::vector<Judged> counting, others;
  for (const Document& d : documents)
    for (const Judgement& o : d.judgements)
      if (o.expectation.claim == claim && o.expectation.primary)
        (d.counts ? counting : others).push_back({&d, &o});
  return counting.empty() ? others : counting;
}

bool has_primary_cell(const std::string& claim, const std::vector<Spec>& specs) {
  for (const Spec& spec : specs)
    for (const Expectation& e : spec.expect)
      if (e.claim == claim && e.primary) return true;
  return false;
}

std::string verdict_of(const ClaimSummary& s) {
  if (s.count.size() == 1) return name_of(s.count.begin()->first);
  const std::string none = s.count.contains(stats::Verdict::kSupported) ? "" : "0 supported, ";
  return none + join(s.count, ", ", [](const auto& c) {
           return std::to_string(c.second) + " " + name_of(c.first);
         });
}

std::string counted(int64_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

ClaimSummary claim_summary(const std::string& claim, const std::vector<Judged>& cells) {
  ClaimSummary s{claim, "not run", "", {}, 0, {}};
  int64_t distinct = 0;
  for (const Judged& cell : cells) {
    if (cell.judgement->verdict)
      ++s.count[*cell.judgement->verdict], ++distinct;
    else
      ++s.duplicates;
    if (s.documents.empty() || s.documents.back() != cell.document->id)
      s.documents.push_back(cell.document->id);
  }
  if (cells.empty()) return s;
  s.verdict = verdict_of(s);
  s.cells = counted(distinct, "primary cell") +
            (s.duplicates > 0 ? " and " + counted(s.duplicates, "duplicate") : "");
  return s;
}

}  // namespace

std::vector<ClaimSummary> summarize_claims(const std::vector<Spec>& specs,
                                           const std::vector<Document>& documents) {
  std::vector<std::string> claims;
  for (const Spec& spec : specs)
    for (const Expectation& e : spec.expect)
      if (!e.claim.empty() && std::find(claims.begin(), claims.end(), e.claim) == claims.end())
        claims.push_back(e.claim);
  std::sort(claims.begin(), claims.end(), [](const std::string& a, const std::string& b) {
    return claim_order(a) < claim_order(b);
  });
  std::vector<ClaimSummary> list;
  for (const std::string& claim : claims) {
    list.push_back(claim_summary(claim, primary_cells(claim, documents)));
    if (!has_primary_cell(claim, specs)) list.back().verdict = "no primary cell";
  }
  return list;
}

}  // namespace sinkmoe::report
