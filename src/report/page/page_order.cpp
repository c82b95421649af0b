#include <algorithm>
#include <tuple>

#include "core/text/number.h"
#include "core/text/split_join.h"
#include "report/page/page.h"

namespace sinkmoe::report {

namespace {

constexpr size_t kMostSweepTables = 3;  // above the figures

// "C2" before "C10"; documents without a claim last.
auto first_claim(const Document& d) {
  std::tuple<double, std::string> first(1e9, "");
  for (const std::string& claim : d.claims) {
    const auto number =
        claim.starts_with("C") ? parse_number<double>(claim.substr(1)) : std::nullopt;
    first = std::min(first, std::tuple(number.value_or(1e8), std::string()));
  }
  return first;
}

const Document* largest(const std::vector<Document>& documents, const std::string& name) {
  const Document* best = nullptr;
  for (const Document& d : documents)
    if (d.name == name && (!best || d.provenance.runs.size() > best->provenance.runs.size()))
      best = &d;
  return best;
}

}  // namespace

PageOrder page_order(const std::vector<Document>& documents) {
  PageOrder order;
  for (const Document& d : documents)
    if (d.name == "sweep_table" && order.first.size() < kMostSweepTables) order.first.push_back(&d);
  const Document* main = largest(documents, "main_table");
  const auto shown = [&](const Document& d) {
    return std::any_of(order.first.begin(), order.first.end(),
                       [&](const Document* o) { return o->experiment == d.experiment; });
  };
  if (main && !shown(*main)) order.first.push_back(main);
  for (const Document& d : documents)
    if (std::find(order.first.begin(), order.first.end(), &d) == order.first.end())
      order.others.push_back(&d);
  std::stable_sort(
      order.others.begin(), order.others.end(),
      [](const Document* a, const Document* b) { return first_claim(*a) < first_claim(*b); });
  return order;
}

std::string claims_not_run(const std::vector<ClaimSummary>& claims) {
  std::vector<std::string> names;
  for (const ClaimSummary& c : claims)
    if (c.documents.empty() && c.verdict == "not run") names.push_back(c.claim);
  return join(names, ", ");
}

}  // namespace sinkmoe::report
