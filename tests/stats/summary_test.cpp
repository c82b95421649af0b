#include "stats/summary.h"

#include <gtest/gtest.h>

#include <cmath>

namespace sinkmoe::stats {
namespace {

TEST(Summarize, LiteralValues) {
  const double values[] = {1, 2, 3, 4};
  const Summary s = summarize(values);
  EXPECT_EQ(s.n, 4);
  EXPECT_DOUBLE_EQ(*s.mean, 2.5);
  EXPECT_NEAR(*s.sd, 1.2909944487, 1e-10);
  EXPECT_NEAR(*s.half_width, 3.1824463053 * 1.2909944487 / 2, 1e-9);
  EXPECT_NEAR(*s.low() + *s.high(), 5, 1e-12);
}

TEST(Summarize, OneValueHasNoInterval) {
  const double values[] = {2};
  const Summary s = summarize(values);
  EXPECT_EQ(*s.mean, 2);
  EXPECT_FALSE(s.sd || s.half_width || s.low() || s.high());
}

TEST(Summarize, NothingIsAbsentNotZero) {
  const Summary s = summarize({});
  EXPECT_EQ(s.n, 0);
  EXPECT_FALSE(s.mean || s.sd || s.half_width);
}

TEST(Summarize, KeepsSmallSpreadAroundALargeMean) {
  const double values[] = {1e9 + 1, 1e9 + 2, 1e9 + 3};
  EXPECT_NEAR(*summarize(values).sd, 1, 1e-9);
}

TEST(Median, OfOddAndEvenCounts) {
  EXPECT_EQ(median({3}), 3);
  EXPECT_EQ(median({9, 1, 4}), 4);
  EXPECT_EQ(median({8, 1, 100, 2}), 5);
}

TEST(PairedDifference, UsesOnlySeedsOfBothSides) {
  const Seeded treatment[] = {{2, 5.0}, {0, 1.0}, {1, 3.0}},
               control[] = {{0, 2.0}, {1, 3.5}, {7, 9.0}};
  const PairedDifference d = paired_difference(treatment, control);
  EXPECT_EQ(d.differences, (std::vector<double>{-1.0, -0.5}));
  EXPECT_EQ(d.summary.n, 2);
  EXPECT_EQ(d.sign, -1);
  // t = -0.75 / (0.3535533906 / sqrt 2) = -3, df 1: p = 1 - 2 atan(3) / pi.
  EXPECT_NEAR(*d.p, 1 - 2 * std::atan(3.0) / M_PI, 1e-12);
}

TEST(PairedDifference, PairingRemovesTheSpreadBetweenSeeds) {
  const Seeded control[] = {{0, 1.0}, {1, 5.0}, {2, 9.0}},
               treatment[] = {{0, 1.1}, {1, 5.1}, {2, 9.1}};
  const PairedDifference d = paired_difference(treatment, control);
  EXPECT_NEAR(*d.summary.sd, 0, 1e-12);
  EXPECT_LE(*d.p, 0.25);
}

TEST(PairedDifference, NoCommonSeedGivesNothing) {
  const Seeded treatment[] = {{0, 1.0}}, control[] = {{1, 1.0}};
  const PairedDifference d = paired_difference(treatment, control);
  EXPECT_EQ(d.summary.n, 0);
  EXPECT_FALSE(d.p || d.summary.mean);
  EXPECT_EQ(d.sign, 0);
}

// Without a spread there is no t. Of eight choices of signs two are as far from 0 as 2, 2, 2.
TEST(TTest, EqualValuesHaveThePOfSignFlips) {
  const double values[] = {2, 2, 2}, rounded[] = {0.1 + 0.2, 0.3, 0.3};
  EXPECT_EQ(*t_test_p(summarize(values), 0), 0.25);
  EXPECT_EQ(*t_test_p(summarize(values), 2), 1);
  EXPECT_EQ(*above_p(summarize(values), 0), 0.125);
  EXPECT_EQ(*below_p(summarize(values), 0), 1);
  EXPECT_EQ(*t_test_p(summarize(rounded), 0), 0.25) << "equal to rounding";
  EXPECT_FALSE(t_test_p(summarize(std::span(values, 1)), 0));
}

TEST(Summarize, ValuesThatAreNotFiniteHaveNoMean) {
  for (const double odd : {HUGE_VAL, -HUGE_VAL, std::nan("")}) {
    const double values[] = {1, odd, 2};
    const Summary s = summarize(values);
    EXPECT_EQ(s.n, 3);
    EXPECT_FALSE(s.mean || s.sd || s.half_width || t_test_p(s, 0) || equivalence_p(s, 1) ||
                 beyond_p(s, 1) || below_p(s, 0) || sign_flip_p(values));
  }
}

// Counted by hand (three values), by listing all 256 choices of signs in Python, and by scipy's
// permutation_test.
TEST(SignFlip, CountsChoicesOfSigns) {
  const double three[] = {1, 2, 4};
  EXPECT_EQ(*sign_flip_p(three), 0.25);
  const double mixed[] = {1, 2, -4};  // 1: |-1|, and 3, 5, 7 are farther
  EXPECT_EQ(*sign_flip_p(mixed), 1);
  const double eight[] = {0.3, 0.1, 0.25, 0.4, 0.2, 0.35, -0.05, 0.15};
  EXPECT_EQ(*sign_flip_p(eight), 0.015625);
  const double ties[] = {0.1, 0.2, -0.3};  // the sum is 0 but for rounding
  EXPECT_EQ(*sign_flip_p(ties), 1);
  EXPECT_EQ(*sign_flip_p(std::vector<double>(20, 1.0)), std::ldexp(1.0, -19));
  EXPECT_FALSE(sign_flip_p(std::vector<double>(21, 1.0)));
  EXPECT_FALSE(sign_flip_p(std::span(three, 1)));
}

TEST(Equivalence, NeedsTheMeanWellInsideTheMargin) {
  const double inside[] = {0.0009, 0.001, 0.0011}, at_edge[] = {0.004, 0.005, 0.006};
  EXPECT_LT(*equivalence_p(summarize(inside), 0.005), 0.001);
  EXPECT_NEAR(*equivalence_p(summarize(at_edge), 0.005), 0.5, 1e-9);
}

TEST(Holm, LiteralExample) {
  const std::optional<double> p[] = {0.01, 0.04, 0.03, 0.005};
  const std::vector<double> expected = {0.03, 0.06, 0.06, 0.02};
  const std::vector<double> adjusted = holm(p);
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(adjusted[i], expected[i], 1e-15) << i;
}

TEST(Holm, AMissingCellStillCounts) {
  const std::optional<double> p[] = {0.02, std::nullopt, std::nullopt};
  EXPECT_NEAR(holm(p)[0], 0.06, 1e-15);
  EXPECT_EQ(holm(p)[1], 1);
}

// From an independent program's noncentral t distribution.
TEST(Power, DetectableDifferencesAreThoseOfTheNoncentralT) {
  EXPECT_NEAR(*detectable_difference(3, 1), 3.2640, 5e-5);
  EXPECT_NEAR(*detectable_difference(5, 1), 1.6820, 5e-5);
  EXPECT_NEAR(*detectable_difference(10, 1), 0.9960, 5e-5);
  EXPECT_NEAR(*detectable_difference(5, 0.0025), 0.0025 * 1.6820, 2e-7);
  EXPECT_FALSE(detectable_difference(1, 1));
}

// With very many pairs the t-test is the z-test: (1.959964 + 0.841621) standard errors.
TEST(Power, ManyPairsNeedWhatTheNormalDistributionSays) {
  EXPECT_NEAR(*detectable_difference(100000, 1) * std::sqrt(100000.0), 2.801585, 1e-4);
}

}  // namespace
}  // namespace sinkmoe::stats
