#include "report/document/claims.h"

#include <gmock/gmock.h>

#include "hand_made.h"

namespace sinkmoe::report {
namespace {

using testing::ElementsAre;

Document document(const std::string& name, const std::string& experiment,
                  const std::vector<std::tuple<std::string, bool, stats::Verdict>>& cells) {
  Document d;
  d.name = name;
  d.experiment = experiment;
  d.id = name + "." + experiment;
  for (const auto& [claim, primary, verdict] : cells) {
    Judgement o;
    o.expectation.claim = claim;
    o.expectation.primary = primary;
    o.verdict = verdict;
    d.judgements.push_back(o);
  }
  return d;
}

Spec spec(const std::string& name, const std::vector<std::string>& claims,
          const std::vector<SpecExperiment>& experiments = {}) {
  Spec s;
  s.name = name;
  s.experiments = experiments;
  for (const std::string& claim : claims) s.expect.emplace_back().claim = claim;
  return s;
}

TEST(Claims, PrimaryCellsDecideWhereThereAreAny) {
  const auto list =
      summarize_claims({spec("a", {"C7"}, {{"grid"}, {"text"}})},
                       {document("a", "grid",
                                 {{"C7", true, stats::Verdict::kNotSignificant},
                                  {"C7", false, stats::Verdict::kReproduced}}),
                        document("a", "text", {{"C7", true, stats::Verdict::kNotSignificant}})});
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].verdict, "not significant");
  EXPECT_EQ(list[0].cells, "2 of 2 primary cells");
  EXPECT_THAT(list[0].documents, ElementsAre("a.grid", "a.text"));
}

TEST(Claims, DifferentVerdictsAreCounted) {
  const auto list = summarize_claims({spec("a", {"C3"})},
                                     {document("a", "grid",
                                               {{"C3", false, stats::Verdict::kReproduced},
                                                {"C3", false, stats::Verdict::kContradicted},
                                                {"C3", false, stats::Verdict::kReproduced},
                                                {"C4", false, stats::Verdict::kReproduced}})});
  EXPECT_EQ(list[0].verdict, "mixed");
  EXPECT_EQ(list[0].cells, "1 contradicted, 2 reproduced of 3 cells");
}

TEST(Claims, OrderIsThatOfThePaperAndNothingIsForgotten) {
  const auto list = summarize_claims({spec("a", {"outliers", "C10"}), spec("b", {"T1", "C2"})}, {});
  std::vector<std::string> claims;
  for (const ClaimSummary& c : list) claims.push_back(c.claim);
  EXPECT_THAT(claims, ElementsAre("C2", "C10", "T1", "outliers"));
  EXPECT_EQ(list[0].verdict, "not run");
}

TEST(Claims, WhatAStarStandsForCountsOnlyAlone) {
  const std::vector<Spec> specs = {spec("a", {"C7"}, {{"grid"}, {"*"}})};
  const Document mine = document("a", "mine", {{"C7", true, stats::Verdict::kContradicted}}),
                 grid = document("a", "grid", {{"C7", true, stats::Verdict::kReproduced}});
  EXPECT_EQ(summarize_claims(specs, {grid, mine})[0].cells, "1 of 1 primary cell");
  EXPECT_EQ(summarize_claims(specs, {mine})[0].verdict, "contradicted");
}

TEST(Claims, ARepeatedExperimentCountsOnlyAlone) {
  const std::vector<Spec> specs = {spec("a", {"C7"}, {{"quick", 3, false}, {"grid", 5, true}})};
  const Document quick = document("a", "quick", {{"C7", true, stats::Verdict::kContradicted}}),
                 grid = document("a", "grid", {{"C7", false, stats::Verdict::kReproduced}});
  EXPECT_EQ(summarize_claims(specs, {quick, grid})[0].verdict, "reproduced");
  EXPECT_EQ(summarize_claims(specs, {quick})[0].verdict, "contradicted");
}

}  // namespace
}  // namespace sinkmoe::report
