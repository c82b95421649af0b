#include "report/document/claims.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <tuple>

#include "core/text/count.h"
#include "core/text/duration.h"
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

// The named experiments for which a spec states a primary cell of the claim, without those that have
// a document.
std::vector<std::string> absent_experiments(const std::string& claim,
                                            const std::vector<Spec>& specs,
                                            const std::vector<Document>& documents) {
  std::set<std::string> names, there;
  for (const Document& d : documents) there.insert(d.experiment);
  for (const Spec& spec : specs)
    for (const Expectation& e : spec.expect)
      for (const SpecExperiment& x : spec.experiments) {
        const bool judged = e.experiments.empty() ||
                            std::count(e.experiments.begin(), e.experiments.end(), x.name) > 0;
        if (e.claim == claim && e.primary && judged && x.counts && x.name != "*" &&
            !there.contains(x.name))
          names.insert(x.name);
      }
  return {names.begin(), names.end()};
}

std::string verdict_of(const ClaimSummary& s) {
  // Each cell shown here is the duplicate of one that is not.
  if (s.count.empty()) return "judged in other artifacts";
  if (s.count.size() == 1) return name_of(s.count.begin()->first);
  const std::string none = s.count.contains(stats::Verdict::kSupported) ? "" : "0 supported, ";
  return none + join(s.count, ", ", [](const auto& c) {
           return std::to_string(c.second) + " " + name_of(c.first);
         });
}

// Adds an undecided cell. `factors`: of each run, how many times it would have to be made.
void add_undecided(ClaimSummary& s, const Judgement& o, std::map<std::string, double>& factors,
                   std::map<std::string, double>& hours) {
  s.repeats.insert(o.repeats);
  if (!o.seeds) {
    ++s.endless;
    return;
  }
  s.fewest_seeds = s.most_seeds == 0 ? *o.seeds : std::min(s.fewest_seeds, *o.seeds);
  s.most_seeds = std::max(s.most_seeds, *o.seeds);
  for (const auto& [run, run_hours] : o.run_hours) {
    double& factor = factors[run];
    factor = std::max(factor, static_cast<double>(*o.seeds) / static_cast<double>(o.effect.n));
    hours[run] = run_hours;
  }
}

void add_open_cells(ClaimSummary& s, const std::vector<Judged>& cells) {
  std::map<std::string, double> factors, hours;
  for (const Judged& cell : cells) {
    const Judgement& o = *cell.judgement;
    if (o.verdict == stats::Verdict::kUndecided) add_undecided(s, o, factors, hours);
    if (o.verdict == stats::Verdict::kUntestable || o.verdict == stats::Verdict::kMissing)
      ++s.obstacles[name_of(*o.verdict) + ": " + (o.note.empty() ? "no value" : o.note)];
  }
  for (const auto& [run, factor] : factors) s.hours += factor * hours[run];
}

ClaimSummary claim_summary(const std::string& claim, const std::vector<Judged>& cells) {
  ClaimSummary s{.claim = claim, .verdict = "not run"};
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
  add_open_cells(s, cells);
  s.verdict = verdict_of(s);
  s.cells = distinct > 0 ? counted(distinct, "primary cell") : "";
  if (s.duplicates > 0)
    s.cells += (distinct > 0 ? " and " : "") + counted(s.duplicates, "duplicate");
  return s;
}

// What was found differs between cells and is left out: "no room above the floor: room is 0.0136,
// needed above 0.02" becomes "no room above the floor: room needed above 0.02".
std::string short_reason(const std::string& note) {
  const size_t needed = note.find(", needed ");
  const size_t found = needed == std::string::npos ? needed : note.rfind(" is ", needed);
  return found == std::string::npos ? note : note.substr(0, found) + note.substr(needed + 1);
}

}  // namespace

std::string open_text(const ClaimSummary& claim) {
  const std::string repeats = join(claim.repeats, " or ", [](const std::string& r) { return r; });
  std::vector<std::string> parts;
  if (claim.most_seeds > 0)
    parts.push_back(
        "undecided: " +
        (claim.fewest_seeds == claim.most_seeds ? ""
                                                : std::to_string(claim.fewest_seeds) + " to ") +
        std::to_string(claim.most_seeds) + " " + repeats + " would decide, " +
        (claim.hours > 0 ? rough_time(3600 * claim.hours) + " of one worker" : "time not known"));
  if (claim.endless > 0)
    parts.push_back(counted(claim.endless, "cell") + " that more than a million " + repeats +
                    " would decide");
  std::map<std::string, int> reasons;
  for (const auto& [note, cells] : claim.obstacles) reasons[short_reason(note)] += cells;
  for (const auto& [reason, cells] : reasons)
    parts.push_back(reason + " (" + counted(cells, "cell") + ")");
  if (!claim.absent.empty())
    parts.push_back("not run: " + join(claim.absent, ", ", [](const std::string& e) { return e; }));
  return join(parts, "; ", [](const std::string& part) { return part; });
}

std::vector<ClaimSummary> summarize_claims(const std::vector<Spec>& specs,
                                           const std::vector<Document>& documents,
                                           const std::map<std::string, std::string>& sentences) {
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
    list.back().absent = absent_experiments(claim, specs, documents);
    if (!has_primary_cell(claim, specs)) list.back().verdict = "no primary cell";
    if (const auto text = sentences.find(claim); text != sentences.end())
      list.back().sentence = text->second;
  }
  return list;
}

std::string claim_text(const ClaimSummary& claim, bool artifacts) {
  std::string text = fmt::format("{:<9}", claim.claim);
  if (!claim.sentence.empty()) text += " " + claim.sentence + "\n" + std::string(9, ' ');
  text += " " + claim.verdict + (claim.cells.empty() ? "" : "; " + claim.cells);
  if (artifacts && !claim.documents.empty())
    text += "; " + join(claim.documents, ", ", [](const std::string& d) { return d; });
  const std::string open = artifacts ? open_text(claim) : "";
  return text + (open.empty() ? "" : "\n" + std::string(10, ' ') + open) + "\n";
}

}  // namespace sinkmoe::report
