// How often a claim that is not true reads "supported", and one that is true "excluded": 2,000
// simulated claims of each rule.
#include <gtest/gtest.h>

#include <cmath>

#include "core/random.h"
#include "stats/verdict.h"

namespace sinkmoe::stats {
namespace {

constexpr int kClaims = 2000;
// Three standard errors of a share of 5%.
const double kNoise = 3 * std::sqrt(0.05 * 0.95 / kClaims);

struct Simulated {
  const char* name;
  Direction direction;
  double margin;  // in units of the sd
  int64_t n;
  int cells;
};

constexpr Simulated kRules[] = {
    {"lower", Direction::kLower, 1.0, 5, 3},    {"higher", Direction::kHigher, 1.0, 10, 3},
    {"one cell", Direction::kLower, 1.5, 5, 1}, {"below", Direction::kLower, 0, 5, 6},
    {"above", Direction::kHigher, 0, 3, 2},     {"same", Direction::kSame, 1.0, 10, 3},
};

// The share of claims in which some cell has the verdict, if the true effect in the claimed
// direction is `effect`.
double share(const Simulated& rule, double effect, Verdict verdict) {
  const double sign = rule.direction == Direction::kLower ? -1 : 1;
  Draw draw(1, rule.name);
  int found = 0;
  for (int claim = 0; claim < kClaims; ++claim) {
    std::vector<FamilyCell> cells;
    for (int c = 0; c < rule.cells; ++c) {
      std::vector<double> values;
      for (int64_t i = 0; i < rule.n; ++i) values.push_back(sign * effect + draw.normal());
      cells.push_back({summarize(values), {rule.direction, rule.margin, rule.n}});
    }
    bool any = false;
    for (const Decision& d : judge_family(cells)) any = any || d.verdict == verdict;
    found += any;
  }
  return static_cast<double>(found) / kClaims;
}

TEST(FalseRates, NoEffectIsSupportedInAtMostOneClaimInTwenty) {
  for (const Simulated& rule : kRules)
    if (rule.direction != Direction::kSame) {
      EXPECT_LE(share(rule, 0, Verdict::kSupported), 0.05 + kNoise) << rule.name;
    }
}

TEST(FalseRates, NoEffectIsContradictedInAtMostOneClaimInTwenty) {
  for (const Simulated& rule : kRules)
    if (rule.direction != Direction::kSame) {
      EXPECT_LE(share(rule, 0, Verdict::kContradicted), 0.05 + kNoise) << rule.name;
    }
}

TEST(FalseRates, ATrueEffectIsExcludedInAtMostOneClaimInTwenty) {
  for (const Simulated& rule : kRules)
    if (rule.direction != Direction::kSame && rule.margin > 0) {
      EXPECT_LE(share(rule, rule.margin, Verdict::kExcluded), 0.05 + kNoise) << rule.name;
    }
}

TEST(FalseRates, ADifferenceAtTheMarginIsNeitherSameNorBeyondInMostClaims) {
  for (const Simulated& rule : kRules)
    if (rule.direction == Direction::kSame) {
      EXPECT_LE(share(rule, rule.margin, Verdict::kSupported), 0.05 + kNoise) << rule.name;
      EXPECT_LE(share(rule, rule.margin, Verdict::kContradicted), 0.05 + kNoise) << rule.name;
    }
}

// The tests spend their 5%: half of it on each side, and all of it over several cells.
TEST(FalseRates, TheLevelIsUsed) {
  const Simulated below = kRules[3];
  const double both =
      share(below, 0, Verdict::kSupported) + share(below, 0, Verdict::kContradicted);
  EXPECT_NEAR(both, 0.05, 1.5 * kNoise);
}

TEST(FalseRates, LargeEffectsAreFoundAndMissingOnesExcluded) {
  const Simulated& higher = kRules[1];
  EXPECT_GT(share(higher, 2.0, Verdict::kSupported), 0.95);
  EXPECT_GT(share(higher, 0, Verdict::kExcluded), 0.5);
}

}  // namespace
}  // namespace sinkmoe::stats
