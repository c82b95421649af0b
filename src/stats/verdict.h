// Judges a measured effect against a published claim, by a rule that was fixed before the runs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/names.h"
#include "stats/summary.h"

namespace sinkmoe::stats {

enum class Verdict {
  kReproduced,      // the claimed direction, significant, and at least as large as the margin
  kDirectionOnly,   // the claimed direction, significant, but smaller than the margin
  kNotSignificant,  // these runs do not decide it
  kContradicted,    // significant, in the other direction
  kScaleTooSmall,   // the guard does not hold: the effect has no room to show
  kNotPublished,    // the paper gives nothing to compare with
  kMissing,         // fewer runs than the rule needs
};

constexpr auto names_of(Verdict) {
  return names<Verdict>("verdict", {{Verdict::kReproduced, "reproduced"},
                                    {Verdict::kDirectionOnly, "direction only"},
                                    {Verdict::kNotSignificant, "not significant"},
                                    {Verdict::kContradicted, "contradicted"},
                                    {Verdict::kScaleTooSmall, "scale too small"},
                                    {Verdict::kNotPublished, "not published"},
                                    {Verdict::kMissing, "missing"}});
}

enum class Direction { kLower, kHigher, kSame };
constexpr auto names_of(Direction) {
  return names<Direction>(
      "direction",
      {{Direction::kLower, "lower"}, {Direction::kHigher, "higher"}, {Direction::kSame, "same"}});
}

struct Rule {
  Direction direction = Direction::kLower;
  double margin = 0;    // smallest effect that counts; for kSame the largest difference allowed
  int64_t n = 2;        // seeds that the rule needs
  double alpha = 0.05;  // compared with the adjusted p
};

// The p-value of a rule: two-sided t-test of no effect; for kSame the equivalence test. Absent for
// n < 2.
std::optional<double> rule_p(const Summary& effect, const Rule& rule);

// `effect`: the paired differences, or the values minus the bound. `adjusted_p`: rule_p after Holm.
// With kSame: reproduced if equivalence is shown, contradicted if the whole interval is outside the
// margin.
Verdict judge(const Summary& effect, const Rule& rule, std::optional<double> adjusted_p);

}  // namespace sinkmoe::stats
