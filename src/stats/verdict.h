// What a measured effect says about a published claim, by a rule fixed before the runs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "stats/summary.h"

namespace sinkmoe::stats {

enum class Verdict {
  kReproduced,      // the claimed direction, significant, and at least as large as the margin
  kDirectionOnly,   // the claimed direction, significant, but smaller than the margin
  kNotSignificant,  // undecided by these runs
  kContradicted,    // significant, and the other way
  kScaleTooSmall,   // the rule's precondition for the effect to show does not hold
  kNotPublished,    // the paper gives nothing to compare with
  kMissing,         // fewer runs than the rule asks for
};

std::string to_string(Verdict verdict);
// Throws Error for a text that is no verdict.
Verdict parse_verdict(const std::string& text, const std::string& where);

enum class Direction { kLower, kHigher, kSame };

struct Rule {
  Direction direction = Direction::kLower;
  double margin = 0;    // smallest effect that counts; for kSame the largest that does not
  int64_t n = 2;        // seeds the rule asks for
  double alpha = 0.05;  // compared with the adjusted p
};

// The p a rule is about: two-sided t-test of no effect, for kSame the equivalence test. Absent
// for n < 2.
std::optional<double> rule_p(const Summary& effect, const Rule& rule);

// `effect`: the paired differences, or values minus the bound they are held against. `adjusted_p`:
// rule_p after Holm. With kSame: reproduced when equivalence is shown, contradicted when the whole
// interval is beyond the margin.
Verdict judge(const Summary& effect, const Rule& rule, std::optional<double> adjusted_p);

}  // namespace sinkmoe::stats
