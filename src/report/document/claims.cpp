#include "report/document/claims.h"

#include <algorithm>
#include <map>
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

// "C2" before "C10", claims of the paper before everything else.
auto claim_order(const std::string& claim) {
  const auto number = claim.size() > 1 ? parse_number<double>(claim.substr(1)) : std::nullopt;
  return std::tuple(claim[0] != 'C' || !number, number.value_or(1e9), claim);
}

// Experiments matched by "*" do not count: a private sweep must not decide a claim that a
// committed experiment decides.
bool counts(const std::vector<Spec>& specs, const Document& document) {
  for (const Spec& spec : specs) {
    if (spec.name != document.name) continue;
    for (const SpecExperiment& e : spec.experiments)
      if (e.name == document.experiment) return e.counts;
    return spec.experiments.empty();
  }
  return true;
}

std::vector<Judged> deciding_cells(const std::string& claim, const std::vector<Spec>& specs,
                                   const std::vector<Document>& documents) {
  std::vector<Judged> primary, other, repeated;
  for (const Document& d : documents)
    for (const Judgement& o : d.judgements) {
      if (o.expectation.claim != claim || !o.expectation.published) continue;
      (!counts(specs, d) ? repeated : o.expectation.primary ? primary : other).push_back({&d, &o});
    }
  return !primary.empty() ? primary : !other.empty() ? other : repeated;
}

ClaimSummary claim_summary(const std::string& claim, const std::vector<Judged>& cells) {
  ClaimSummary s{claim, "not run", "", {}};
  if (cells.empty()) return s;
  std::map<std::string, size_t> count;
  bool primary = true;
  for (const Judged& cell : cells) {
    ++count[name_of(cell.judgement->verdict)];
    primary = primary && cell.judgement->expectation.primary;
    if (s.documents.empty() || s.documents.back() != cell.document->id)
      s.documents.push_back(cell.document->id);
  }
  s.verdict = count.size() == 1 ? count.begin()->first : "mixed";
  if (count.size() == 1) {
    s.cells = std::to_string(cells.size());
  } else {
    s.cells =
        join(count, ", ", [](const auto& c) { return std::to_string(c.second) + " " + c.first; });
  }
  s.cells += " of " + std::to_string(cells.size()) + (primary ? " primary" : "") +
             (cells.size() == 1 ? " cell" : " cells");
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
  for (const std::string& claim : claims)
    list.push_back(claim_summary(claim, deciding_cells(claim, specs, documents)));
  return list;
}

}  // namespace sinkmoe::report
