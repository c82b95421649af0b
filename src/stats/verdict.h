// Judges measured effects against a claim, by rules that were fixed before the runs.
//
// A rule claims an effect of at least `margin` in `direction`. The effect is a paired difference, or
// a value minus the value that means "no effect".
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/names.h"
#include "stats/summary.h"

namespace sinkmoe::stats {

enum class Verdict {
  kSupported,     // significant in the claimed direction, and the mean reaches the margin
  kExcluded,      // the true effect is below the margin: too small, or none
  kContradicted,  // significant in the other direction
  kUndecided,     // these runs do not tell
  kUntestable,    // there is nothing to measure, or no room for the effect to show
  kMissing,       // fewer runs than the rule needs
};

constexpr auto names_of(Verdict) {
  return names<Verdict>("verdict", {{Verdict::kSupported, "supported"},
                                    {Verdict::kExcluded, "excluded"},
                                    {Verdict::kContradicted, "contradicted"},
                                    {Verdict::kUndecided, "undecided"},
                                    {Verdict::kUntestable, "untestable"},
                                    {Verdict::kMissing, "missing"}});
}

enum class Direction { kLower, kHigher, kSame };
constexpr auto names_of(Direction) {
  return names<Direction>(
      "direction",
      {{Direction::kLower, "lower"}, {Direction::kHigher, "higher"}, {Direction::kSame, "same"}});
}

constexpr double kAlpha = 0.05;            // compared with p after Holm
constexpr int64_t kFewestValues = 3;       // with two values no verdict is given
constexpr int64_t kMostSeeds = 1'000'000;  // more are not asked for

struct Rule {
  Direction direction = Direction::kLower;
  double margin = 0;  // smallest effect that is claimed; for kSame the largest difference allowed
  int64_t n = kFewestValues;  // seeds that the rule needs
};

// The p-values of the two tests of a cell. Absent for n < 2.
struct RuleTests {
  // Two-sided test of no effect. kSame: a small p shows a difference within the margin.
  std::optional<double> effect;
  // One-sided: a small p shows an effect below the margin. kSame: a small p shows a difference beyond
  // the margin. A rule without margin has no such test, because the test of the effect says it.
  std::optional<double> size;
};

RuleTests rule_tests(const Summary& effect, const Rule& rule);

// A cell of a family: all cells that decide one claim.
struct FamilyCell {
  Summary effect;
  Rule rule;
};

struct Decision {
  Verdict verdict = Verdict::kMissing;
  RuleTests holm;  // p after Holm, over both tests of every cell of the family
  // Undecided: the direction is significant, and only the size is open.
  bool effect_found = false;
  // The level at which Holm would judge the next test of the family: that of seeds_to_decide.
  double level = kAlpha;
};

// In the order of the cells. A cell with fewer values than its rule needs is missing; its tests
// count with p = 1, so that a missing cell never makes the others easier.
std::vector<Decision> judge_family(std::span<const FamilyCell> cells);

// The smallest number of seeds at which, with the sd seen, a test at level `alpha` decides with a
// probability of 0.80 (noncentral t distribution). The effect seen is taken as the true one, and the
// likelier of the two tests counts. An effect between none and the margin is taken as the margin, if
// that needs more seeds than there are. kSame: a difference within the margin is taken as none.
std::optional<int64_t> seeds_to_decide(const FamilyCell& cell, bool effect_found, double alpha);

}  // namespace sinkmoe::stats
