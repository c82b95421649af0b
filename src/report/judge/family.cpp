#include "report/judge/family.h"

#include <algorithm>
#include <set>

namespace sinkmoe::report {

namespace {

struct Member {
  const MeasuredArtifact* artifact = nullptr;
  Judgement* judgement = nullptr;
  std::set<std::string> models, control_models;
  bool evaluates_finished = false;
};

std::set<std::string> models_of(const std::vector<std::string>& runs, const Trainings& trainings) {
  std::set<std::string> models;
  for (std::string run : runs) {
    for (auto at = trainings.find(run); at != trainings.end(); at = trainings.find(run))
      run = at->second;
    models.insert(run);
  }
  return models;
}

Member member_of(const MeasuredArtifact& artifact, Judgement& o, const Trainings& trainings) {
  return {&artifact, &o, models_of(o.runs, trainings), models_of(o.control_runs, trainings),
          std::any_of(o.runs.begin(), o.runs.end(),
                      [&](const std::string& run) { return trainings.contains(run); })};
}

bool same_measurement(const Member& a, const Member& b) {
  if (a.models.empty() || a.models != b.models || a.control_models != b.control_models)
    return false;
  const Judgement &x = *a.judgement, &y = *b.judgement;
  return x.values == y.values ||
         (x.expectation.value == y.expectation.value && x.expectation.cell == y.expectation.cell);
}

// The members that are no duplicate; the others say whose duplicate they are.
std::vector<Member*> distinct(std::vector<Member>& members) {
  std::vector<Member*> kept;
  for (const bool evaluations : {true, false})
    for (Member& m : members) {
      if (m.evaluates_finished != evaluations) continue;
      const auto twin = std::find_if(kept.begin(), kept.end(),
                                     [&](const Member* k) { return same_measurement(*k, m); });
      if (twin == kept.end()) {
        kept.push_back(&m);
      } else {
        m.judgement->duplicate_of = (*twin)->artifact->document;
        m.judgement->verdict.reset();
      }
    }
  return kept;
}

void judge_family(std::vector<Member>& members) {
  std::vector<stats::FamilyCell> cells;
  std::vector<Judgement*> judged;
  for (const Member* m : distinct(members)) {
    if (m->judgement->verdict == stats::Verdict::kUntestable) continue;
    cells.push_back({m->judgement->judged_effect(), m->judgement->expectation.rule});
    judged.push_back(m->judgement);
  }
  const std::vector<stats::Decision> decisions = stats::judge_family(cells);
  for (size_t i = 0; i < judged.size(); ++i) {
    judged[i]->verdict = decisions[i].verdict;
    judged[i]->holm = decisions[i].holm;
    judged[i]->effect_found = decisions[i].effect_found;
    if (decisions[i].verdict == stats::Verdict::kUndecided)
      judged[i]->seeds =
          stats::seeds_to_decide(cells[i], decisions[i].effect_found, decisions[i].level);
  }
}

}  // namespace

void judge_families(const std::vector<MeasuredArtifact>& artifacts, const Trainings& trainings) {
  std::map<std::pair<std::string, std::string>, std::vector<Member>> families;
  for (const MeasuredArtifact& a : artifacts)
    for (Judgement& o : *a.judgements) {
      const std::string& claim = o.expectation.claim;
      if (o.expectation.primary)
        families[{claim.empty() ? a.document : claim, a.counts ? "" : a.experiment}].push_back(
            member_of(a, o, trainings));
    }
  for (auto& [name, members] : families) judge_family(members);
}

}  // namespace sinkmoe::report
