#include "report/report.h"

#include <algorithm>
#include <set>

#include "core/error.h"
#include "core/text/utf8.h"
#include "report/judge/family.h"
#include "report/maker.h"
#include "report/sweep/sweep_specs.h"
#include "store/read/experiments.h"

namespace sinkmoe::report {

namespace {

void check_names(const std::vector<std::string>& only, const Stock& stock) {
  std::vector<Problem> problems;
  for (const std::string& name : only)
    if (std::find(stock.experiments.begin(), stock.experiments.end(), name) ==
        stock.experiments.end())
      problems.push_back(store::unknown_experiment(name, stock.experiments));
  if (!problems.empty()) throw Error(problems);
}

// Those that get the standard documents of a sweep.
std::vector<std::string> own_sweeps(const std::vector<Spec>& specs, const Stock& stock,
                                    const std::vector<std::string>& only) {
  if (!only.empty()) return only;
  std::set<std::string> named;
  for (const Spec& spec : specs) {
    named.insert(spec.named.begin(), spec.named.end());
    for (const SpecExperiment& e : spec.experiments) named.insert(e.name);
  }
  std::vector<std::string> list;
  for (const std::string& experiment : stock.experiments)
    if (!named.contains(experiment)) list.push_back(experiment);
  return list;
}

std::string problem_text(const Spec& spec, const std::string& experiment, const std::string& what,
                         const Error& e) {
  const std::string of = experiment.empty() ? "" : " of experiment " + printable(experiment);
  return spec.name + of + " " + what + ": " + e.what();
}

std::set<std::string> primary_claims(const std::vector<Judgement>& judgements) {
  std::set<std::string> claims;
  for (const Judgement& o : judgements)
    if (o.expectation.primary) claims.insert(o.expectation.claim);
  return claims;
}

std::string document_id(const Spec& spec, const std::string& experiment) {
  return spec.name + (experiment.empty() ? "" : "." + experiment);
}

// What is not shown and decides a claim that is: the judgements of other artifacts and experiments.
// `tried`: ids of the documents that were made or have a problem already.
std::vector<Document> relatives(const std::vector<const Spec*>& specs, const Maker& maker,
                                const std::set<std::string>& tried, Documents& shown) {
  std::set<std::string> claims, experiments_shown;
  for (const Document& doc : shown.list) {
    claims.merge(primary_claims(doc.judgements));
    experiments_shown.insert(doc.experiment);
  }
  const auto decides = [&](const Expectation& e) { return e.primary && claims.contains(e.claim); };
  std::vector<Document> list;
  for (const Spec* spec : specs) {
    if (std::none_of(spec->expect.begin(), spec->expect.end(), decides)) continue;
    std::vector<std::string> experiments = experiments_of(*spec, maker.stock(), {});
    if (spec->experiments.empty()) experiments = {""};
    for (const std::string& experiment : experiments) {
      // Elsewhere, what does not count is a family of its own.
      const bool related =
          counts_in_claims(*spec, experiment) || experiments_shown.contains(experiment);
      if (!related || tried.contains(document_id(*spec, experiment))) continue;
      try {
        list.push_back(maker.measure(*spec, experiment));
      } catch (const Error& e) {
        shown.problems.push_back(problem_text(*spec, experiment, "not judged with the others", e));
      }
    }
  }
  return list;
}

void judge(std::vector<Document>& shown, std::vector<Document>& others,
           const Trainings& trainings) {
  std::vector<MeasuredArtifact> artifacts;
  for (auto* list : {&shown, &others})
    for (Document& d : *list) artifacts.push_back({d.id, d.experiment, d.counts, &d.judgements});
  // The order decides which of two equal cells is the duplicate: it must not depend on what is shown.
  std::stable_sort(artifacts.begin(), artifacts.end(),
                   [](const auto& a, const auto& b) { return a.document < b.document; });
  judge_families(artifacts, trainings);
}

// Adds a document to the list, or its problem.
void add(Documents& documents, Maker& maker, const Spec& spec, const std::string& experiment) {
  try {
    Document made = maker.make(spec, experiment);
    // Without an experiment: there is no data yet.
    if (experiment.empty() && made.data.rows.empty())
      documents.absent.push_back(spec.name);
    else
      documents.list.push_back(std::move(made));
  } catch (const Error& e) {
    documents.problems.push_back(problem_text(spec, experiment, "not made", e));
  }
}

}  // namespace

Documents make_documents(const std::vector<Spec>& specs, const QueryFunction& query,
                         const std::vector<std::string>& only, const std::vector<Spec>& others,
                         Sweeps sweeps) {
  Maker maker(query);
  check_names(only, maker.stock());
  Documents documents;
  std::set<std::string> tried;
  for (const Spec& spec : specs) {
    std::vector<std::string> experiments = experiments_of(spec, maker.stock(), only);
    if (spec.experiments.empty() && only.empty()) experiments = {""};
    if (experiments.empty()) documents.absent.push_back(spec.name);
    for (const std::string& experiment : experiments) {
      tried.insert(document_id(spec, experiment));
      add(documents, maker, spec, experiment);
    }
  }
  std::vector<const Spec*> all;
  for (const auto* list : {&specs, &others})
    for (const Spec& spec : *list) all.push_back(&spec);
  std::vector<Document> not_shown = relatives(all, maker, tried, documents);
  judge(documents.list, not_shown, maker.stock().trainings);
  for (Document& d : documents.list) add_hours(d.judgements, maker.stock());
  if (sweeps == Sweeps::kNone) return documents;
  for (const std::string& experiment : own_sweeps(specs, maker.stock(), only))
    for (const Spec& spec : sweep_specs(query, experiment)) add(documents, maker, spec, experiment);
  return documents;
}

Document make_one(const Spec& spec, const std::string& experiment, const QueryFunction& query) {
  return Maker(query).make(spec, experiment);
}

}  // namespace sinkmoe::report
