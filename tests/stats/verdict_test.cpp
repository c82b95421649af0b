#include "stats/verdict.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"

namespace sinkmoe::stats {
namespace {

const Rule kLowerBy5{.direction = Direction::kLower, .margin = 0.005, .n = 3};
const Rule kHigherBy5{.direction = Direction::kHigher, .margin = 0.005, .n = 3};
const Rule kSameWithin5{.direction = Direction::kSame, .margin = 0.005, .n = 3};

FamilyCell cell(const std::vector<double>& effect, const Rule& rule = kLowerBy5) {
  return {summarize(effect), rule};
}

Verdict of(const std::vector<double>& effect, const Rule& rule) {
  const FamilyCell alone[] = {cell(effect, rule)};
  return judge_family(alone)[0].verdict;
}

const std::vector<double> kLarge = {-0.0071, -0.0084, -0.0065, -0.0090, -0.0078},
                          kNone = {-0.0012, 0.0031, -0.0005, -0.0020, 0.0008},
                          kWide = {-0.004, -0.009, 0.002, -0.007, -0.001};

// scipy 1.x: ttest_1samp(values, 0), and against -0.005 with alternative "greater".
TEST(RuleTests, AreThoseOfAnIndependentProgram) {
  const RuleTests none = rule_tests(summarize(kNone), kLowerBy5);
  EXPECT_NEAR(*none.effect, 0.9664015352573, 1e-12);
  EXPECT_NEAR(*none.size, 0.0024217550818, 1e-12);
  EXPECT_NEAR(*rule_tests(summarize(kNone), kHigherBy5).size, 0.0025662191421, 1e-12);
  EXPECT_NEAR(*rule_tests(summarize(kNone), kSameWithin5).effect, 0.0025662191421, 1e-12);
  const RuleTests beyond =
      rule_tests(summarize(std::vector<double>{0.012, 0.009, 0.011, 0.013, 0.010}), kSameWithin5);
  EXPECT_NEAR(*beyond.effect, 0.9994712176921, 1e-12);
  EXPECT_NEAR(*beyond.size, 0.0010575646158, 1e-12);  // two-sided
  EXPECT_FALSE(rule_tests(summarize(kNone), {.direction = Direction::kLower}).size);
}

// Six tests: p 0.0000639, 0.998, 0.966, 0.00242, 0.128, 0.289. Holm by hand: 6 times the smallest, 5
// times the next, 4 times 0.128, 3 times 0.289.
TEST(JudgeFamily, HolmCountsTwoTestsACell) {
  const FamilyCell cells[] = {cell(kLarge), cell(kNone), cell(kWide)};
  const auto d = judge_family(cells);
  EXPECT_EQ(d[0].verdict, Verdict::kSupported);
  EXPECT_NEAR(*d[0].holm.effect, 0.00038311146359, 1e-12);
  EXPECT_EQ(d[1].verdict, Verdict::kExcluded);
  EXPECT_NEAR(*d[1].holm.size, 0.0121087754090, 1e-12);
  EXPECT_FALSE(d[1].effect_found);
  EXPECT_EQ(d[2].verdict, Verdict::kUndecided);
  EXPECT_NEAR(*d[2].holm.effect, 0.5123723410159, 1e-12);
  EXPECT_NEAR(*d[2].holm.size, 0.8671404080215, 1e-12);
  EXPECT_NEAR(d[2].level, 0.05 / 4, 1e-15) << "four tests are open";
  // scipy: the first n whose power, by the noncentral t distribution, reaches 0.80; sd 0.0044385.
  EXPECT_EQ(seeds_to_decide(cells[2], false, 0.05 / 4), 13);
}

TEST(JudgeFamily, SupportedNeedsDirectionSignificanceAndSize) {
  EXPECT_EQ(of({-0.010, -0.011, -0.012}, kLowerBy5), Verdict::kSupported);
  EXPECT_EQ(of({0.010, 0.011, 0.012}, kHigherBy5), Verdict::kSupported);
  EXPECT_EQ(of({-0.010, -0.030, 0.020}, kLowerBy5), Verdict::kUndecided);
}

TEST(JudgeFamily, AnEffectTheOtherWayIsContradictedAndNotOnlyExcluded) {
  EXPECT_EQ(of({0.010, 0.011, 0.012}, kLowerBy5), Verdict::kContradicted);
  EXPECT_EQ(of({-0.010, -0.011, -0.012}, kHigherBy5), Verdict::kContradicted);
}

// Effect p 0.000115, size p 0.0463: after the first rejection Holm takes the second as it is.
TEST(JudgeFamily, ASignificantButSmallerEffectIsExcluded) {
  const FamilyCell alone[] = {cell({-0.0040, -0.0052, -0.0035, -0.0047, -0.0044})};
  const Decision d = judge_family(alone)[0];
  EXPECT_EQ(d.verdict, Verdict::kExcluded);
  EXPECT_TRUE(d.effect_found);
  EXPECT_NEAR(*d.holm.size, 0.0463074711812, 1e-12);
}

TEST(JudgeFamily, ASignificantEffectOfOpenSizeIsUndecided) {
  const FamilyCell alone[] = {cell({-0.0040, -0.0052, -0.0035, -0.0047, -0.0049})};
  const Decision d = judge_family(alone)[0];
  EXPECT_EQ(d.verdict, Verdict::kUndecided);
  EXPECT_TRUE(d.effect_found);
  EXPECT_NEAR(*d.holm.size, 0.0786557320152, 1e-12);
  EXPECT_EQ(seeds_to_decide(alone[0], true, d.level), 12) << "scipy: to exclude 0.005 at -0.00446";
}

TEST(JudgeFamily, WithoutAMarginThereIsOneTest) {
  const Rule rule{.direction = Direction::kLower, .margin = 0, .n = 3};
  const FamilyCell cells[] = {cell(kNone, rule), cell(kLarge, rule)};
  const auto d = judge_family(cells);
  EXPECT_EQ(d[0].verdict, Verdict::kUndecided);
  EXPECT_FALSE(d[0].holm.size);
  EXPECT_EQ(d[1].verdict, Verdict::kSupported);
  EXPECT_NEAR(*d[1].holm.effect, 2 * 6.385191059752895e-05, 1e-15);
}

TEST(JudgeFamily, SameNeedsTheDifferenceInsideTheMargin) {
  EXPECT_EQ(of({0.0001, -0.0001, 0.0002}, kSameWithin5), Verdict::kSupported);
  EXPECT_EQ(of({0.010, 0.011, 0.012}, kSameWithin5), Verdict::kContradicted);
  EXPECT_EQ(of({-0.010, -0.011, -0.012}, kSameWithin5), Verdict::kContradicted);
  EXPECT_EQ(of({0.004, -0.004, 0.006}, kSameWithin5), Verdict::kUndecided);
}

TEST(JudgeFamily, FewerSeedsThanPlannedOrThanThreeIsMissing) {
  Rule two = kLowerBy5;
  two.n = 2;
  EXPECT_EQ(of({-0.010, -0.011}, kLowerBy5), Verdict::kMissing);
  EXPECT_EQ(of({-0.010, -0.011}, two), Verdict::kMissing);
  EXPECT_EQ(of({-0.010}, kLowerBy5), Verdict::kMissing);
  EXPECT_EQ(of({}, kLowerBy5), Verdict::kMissing);
  EXPECT_EQ(of({-0.010, -0.011, -HUGE_VAL}, kLowerBy5), Verdict::kMissing);
}

TEST(JudgeFamily, AMissingCellMakesTheOthersNoEasier) {
  const FamilyCell cells[] = {cell(kNone), cell({})};
  const auto d = judge_family(cells);
  EXPECT_NEAR(*d[0].holm.size, 4 * 0.0024217550818, 1e-11);
  EXPECT_EQ(d[1].verdict, Verdict::kMissing);
}

// Equal values: the exact sign-flip test, 2 / 2^n on both sides and 1 / 2^n on one.
TEST(JudgeFamily, EqualValuesAreJudgedBySignFlips) {
  const FamilyCell five[] = {cell({-0.01, -0.01, -0.01, -0.01, -0.01})};
  EXPECT_EQ(*rule_tests(five[0].effect, kLowerBy5).effect, 2.0 / 32);
  EXPECT_EQ(judge_family(five)[0].verdict, Verdict::kUndecided);
  EXPECT_EQ(seeds_to_decide(five[0], false, 0.05 / 2), 7) << "2^-6 is the first below 0.025";
  EXPECT_EQ(of(std::vector<double>(8, -0.01), kLowerBy5), Verdict::kSupported);
  EXPECT_EQ(of(std::vector<double>(8, 0.0), kLowerBy5), Verdict::kExcluded);
}

FamilyCell seen(double mean, int64_t n, const Rule& rule) {
  return {{.n = n, .mean = mean, .sd = 0.004, .half_width = 1.0}, rule};
}

// scipy: 8 pairs find 0.005 with sd 0.004 at 5%, 11 at 1.25%. Two one-sided tests need 8, one
// needs 6, and 8 if the margin is only 0.004 away.
TEST(SeedsToDecide, IsTheFirstWithFourFifthsOfPower) {
  EXPECT_EQ(seeds_to_decide(seen(-0.001, 3, kLowerBy5), false, 0.05), 8) << "between: the margin";
  EXPECT_EQ(seeds_to_decide(seen(-0.001, 3, kLowerBy5), false, 0.0125), 11);
  EXPECT_EQ(seeds_to_decide(seen(-0.005, 3, kLowerBy5), false, 0.05), 8) << "the effect seen";
  EXPECT_EQ(seeds_to_decide(seen(0.001, 3, kSameWithin5), false, 0.05), 8);
  EXPECT_EQ(seeds_to_decide(seen(0.010, 3, kSameWithin5), false, 0.05), 8) << "0.005 beyond";
  const Rule no_margin{.direction = Direction::kLower, .margin = 0, .n = 3};
  EXPECT_EQ(seeds_to_decide(seen(-0.005, 3, no_margin), false, 0.05), 8);
  EXPECT_FALSE(seeds_to_decide(seen(0, 3, no_margin), false, 0.05)) << "no seeds find nothing";
  EXPECT_EQ(seeds_to_decide(seen(0.0, 3, kLowerBy5), false, 0.05), 6);
}

// Where the number for the margin did not decide, the true effect is between 0 and the margin.
TEST(SeedsToDecide, LooksAtTheEffectSeenWhereEnoughSeedsDidNotDecide) {
  EXPECT_EQ(seeds_to_decide(seen(-0.004, 20, kLowerBy5), true, 0.05), 101)
      << "scipy: one-sided, to exclude 0.005 at -0.004";
  EXPECT_EQ(seeds_to_decide(seen(-0.001, 20, kLowerBy5), false, 0.05), 8);
}

TEST(Verdict, NamesReadBack) {
  for (const Verdict v : {Verdict::kSupported, Verdict::kExcluded, Verdict::kContradicted,
                          Verdict::kUndecided, Verdict::kUntestable, Verdict::kMissing})
    EXPECT_EQ(parse_name<Verdict>(name_of(v), "x"), v);
  EXPECT_THROW(parse_name<Verdict>("suported", "x"), Error);
}

}  // namespace
}  // namespace sinkmoe::stats
