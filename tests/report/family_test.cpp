#include "report/judge/family.h"

#include <gmock/gmock.h>

namespace sinkmoe::report {
namespace {

using stats::Verdict;

// A primary cell of "loss lower by 0.005", with a run and a control run for each value.
Judgement cell(const std::string& claim, std::vector<double> values, const std::string& run,
               const CellKey& key = {{"variant", "vanilla"}}) {
  Judgement o;
  o.expectation.claim = claim;
  o.expectation.primary = true;
  o.expectation.value = "loss";
  o.expectation.cell = key;
  o.expectation.rule = {.direction = stats::Direction::kLower, .margin = 0.005, .n = 3};
  for (size_t i = 0; i < values.size(); ++i) {
    o.runs.push_back(run + std::to_string(i));
    o.control_runs.push_back("control-" + run + std::to_string(i));
  }
  o.effect = stats::summarize(values);
  o.p = stats::rule_tests(o.effect, o.expectation.rule);
  o.values = std::move(values);
  return o;
}

const std::vector<double> kNear = {-0.0012, 0.0031, -0.0005, -0.0020, 0.0008},
                          kFar = {-0.0071, -0.0084, -0.0065, -0.0090, -0.0078};
const double kNearSize = 0.0024217550818,
             kFarEffect = 6.385191059753e-05;  // scipy, one-sided and two

TEST(Family, IsTheClaimOverAllArtifacts) {
  std::vector<Judgement> a = {cell("C7", kNear, "a")},
                         b = {cell("C7", kFar, "b"), cell("C8", kFar, "c")};
  judge_families({{"a.grid", "grid", true, &a}, {"b.text", "text", true, &b}}, {});
  EXPECT_NEAR(*b[0].holm.effect, 4 * kFarEffect, 1e-12);
  EXPECT_NEAR(*a[0].holm.size, 3 * kNearSize, 1e-11);
  EXPECT_NEAR(*b[1].holm.effect, 2 * kFarEffect, 1e-12) << "another claim";
  EXPECT_EQ(a[0].verdict, Verdict::kExcluded);
  EXPECT_EQ(b[0].verdict, Verdict::kSupported);
}

TEST(Family, EqualNumbersOfTheSameRunsVoteOnce) {
  std::vector<Judgement> a = {cell("C7", kFar, "a")},
                         b = {cell("C7", kFar, "a", {{"arm", "best"}, {"variant", "vanilla"}})};
  judge_families({{"a.grid", "grid", true, &a}, {"b.lr", "lr", true, &b}}, {});
  EXPECT_EQ(a[0].verdict, Verdict::kSupported);
  EXPECT_NEAR(*a[0].holm.effect, 2 * kFarEffect, 1e-12) << "two tests, not four";
  EXPECT_FALSE(b[0].verdict);
  EXPECT_EQ(b[0].duplicate_of, "a.grid");
  EXPECT_EQ(verdict_text(b[0]), "counted in a.grid: the same trained models");
}

// The trained models of text vote once; their evaluation on test texts stands for them.
TEST(Family, AnEvaluationOfFinishedModelsStandsForTheTraining) {
  std::vector<Judgement> trained = {cell("C7", kFar, "a")}, tested = {cell("C7", kNear, "t")};
  Trainings trainings;
  for (int i = 0; i < 5; ++i) {
    trainings["t" + std::to_string(i)] = "a" + std::to_string(i);
    trainings["control-t" + std::to_string(i)] = "control-a" + std::to_string(i);
  }
  judge_families({{"a.text", "text", true, &trained}, {"b.test", "test", true, &tested}},
                 trainings);
  EXPECT_EQ(trained[0].duplicate_of, "b.test");
  EXPECT_EQ(tested[0].verdict, Verdict::kExcluded);
}

TEST(Family, OtherCellsOfTheSameRunsAreNoDuplicates) {
  std::vector<Judgement> layers = {cell("C9", kFar, "a", {{"layer", "0"}}),
                                   cell("C9", kNear, "a", {{"layer", "1"}})};
  judge_families({{"a.grid", "grid", true, &layers}}, {});
  EXPECT_TRUE(layers[0].verdict && layers[1].verdict);
  EXPECT_NEAR(*layers[0].holm.effect, 4 * kFarEffect, 1e-12);
}

TEST(Family, AnUntestableCellIsNotInIt) {
  std::vector<Judgement> a = {cell("C7", kFar, "a"), cell("C7", kNear, "b")};
  a[1].verdict = Verdict::kUntestable;
  judge_families({{"a.grid", "grid", true, &a}}, {});
  EXPECT_NEAR(*a[0].holm.effect, 2 * kFarEffect, 1e-12);
  EXPECT_EQ(a[1].verdict, Verdict::kUntestable);
  EXPECT_FALSE(a[1].holm.effect);
}

TEST(Family, WhatDoesNotCountIsAFamilyOfItsOwn) {
  std::vector<Judgement> grid = {cell("C7", kFar, "a")}, mine = {cell("C7", kFar, "a")};
  judge_families({{"a.grid", "grid", true, &grid}, {"a.mine", "mine", false, &mine}}, {});
  EXPECT_EQ(grid[0].verdict, Verdict::kSupported);
  EXPECT_EQ(mine[0].verdict, Verdict::kSupported);
  EXPECT_NEAR(*mine[0].holm.effect, 2 * kFarEffect, 1e-12);
}

TEST(Family, AnUndecidedCellSaysHowManySeedsWouldDecide) {
  std::vector<Judgement> a = {cell("C7", {-0.004, -0.009, 0.002, -0.007, -0.001}, "a")};
  judge_families({{"a.grid", "grid", true, &a}}, {});
  EXPECT_EQ(a[0].verdict, Verdict::kUndecided);
  EXPECT_EQ(*a[0].seeds, 11) << "scipy, at 5% over the two open tests";
}

}  // namespace
}  // namespace sinkmoe::report
