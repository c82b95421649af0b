#include "stats/verdict.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace sinkmoe::stats {
namespace {

const Rule kLowerBy5{.direction = Direction::kLower, .margin = 0.005, .n = 3};

Verdict of(std::vector<double> effect, const Rule& rule) {
  const Summary s = summarize(effect);
  return judge(s, rule, rule_p(s, rule));
}

TEST(Judge, ReproducedNeedsDirectionSignificanceAndSize) {
  EXPECT_EQ(of({-0.010, -0.011, -0.012}, kLowerBy5), Verdict::kReproduced);
  EXPECT_EQ(of({-0.0010, -0.0011, -0.0012}, kLowerBy5), Verdict::kDirectionOnly);
  EXPECT_EQ(of({-0.010, -0.030, 0.020}, kLowerBy5), Verdict::kNotSignificant);
  EXPECT_EQ(of({0.010, 0.011, 0.012}, kLowerBy5), Verdict::kContradicted);
}

TEST(Judge, HigherIsTheMirrorImage) {
  Rule rule = kLowerBy5;
  rule.direction = Direction::kHigher;
  EXPECT_EQ(of({0.010, 0.011, 0.012}, rule), Verdict::kReproduced);
  EXPECT_EQ(of({-0.010, -0.011, -0.012}, rule), Verdict::kContradicted);
}

TEST(Judge, SameNeedsTheEffectInsideTheMargin) {
  Rule rule = kLowerBy5;
  rule.direction = Direction::kSame;
  EXPECT_EQ(of({0.0001, -0.0001, 0.0002}, rule), Verdict::kReproduced);
  EXPECT_EQ(of({0.010, 0.011, 0.012}, rule), Verdict::kContradicted);
  EXPECT_EQ(of({-0.010, -0.011, -0.012}, rule), Verdict::kContradicted);
  EXPECT_EQ(of({0.004, -0.004, 0.006}, rule), Verdict::kNotSignificant);
}

TEST(Judge, FewerSeedsThanPlannedIsMissing) {
  EXPECT_EQ(of({-0.010, -0.011}, kLowerBy5), Verdict::kMissing);
  EXPECT_EQ(of({}, kLowerBy5), Verdict::kMissing);
  Rule one = kLowerBy5;
  one.n = 1;
  EXPECT_EQ(of({-0.010}, one), Verdict::kMissing);
}

TEST(Judge, TheAdjustedPDecides) {
  const Summary s = summarize(std::vector<double>{-0.010, -0.011, -0.012});
  EXPECT_EQ(judge(s, kLowerBy5, 0.049), Verdict::kReproduced);
  EXPECT_EQ(judge(s, kLowerBy5, 0.05), Verdict::kNotSignificant);
}

TEST(Verdict, NamesReadBack) {
  for (const Verdict v :
       {Verdict::kReproduced, Verdict::kDirectionOnly, Verdict::kNotSignificant,
        Verdict::kContradicted, Verdict::kScaleTooSmall, Verdict::kNotPublished, Verdict::kMissing})
    EXPECT_EQ(parse_name<Verdict>(name_of(v), "x"), v);
  EXPECT_THROW(parse_name<Verdict>("reproducd", "x"), Error);
}

}  // namespace
}  // namespace sinkmoe::stats
