#include "stats/verdict.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "stats/student_t.h"

namespace sinkmoe::stats {

namespace {

// The effect in the claimed direction.
double towards(const Summary& effect, const Rule& rule) {
  return rule.direction == Direction::kLower ? -*effect.mean : *effect.mean;
}

bool below_alpha(const std::optional<double>& p) { return p && *p < kAlpha; }

bool enough(const FamilyCell& cell) {
  return cell.effect.sd && cell.effect.n >= std::max(cell.rule.n, kFewestValues);
}

Decision decide(const FamilyCell& cell, const RuleTests& holm) {
  Decision d{.verdict = Verdict::kUndecided, .holm = holm};
  const bool significant = below_alpha(holm.effect);
  if (cell.rule.direction == Direction::kSame) {
    if (significant)
      d.verdict = Verdict::kSupported;
    else if (below_alpha(holm.size))
      d.verdict = Verdict::kContradicted;
    return d;
  }
  const double effect = towards(cell.effect, cell.rule);
  if (significant && effect < 0)
    d.verdict = Verdict::kContradicted;
  else if (significant && effect >= cell.rule.margin)
    d.verdict = Verdict::kSupported;
  else if (below_alpha(holm.size))
    d.verdict = Verdict::kExcluded;
  d.effect_found = significant && effect > 0 && d.verdict != Verdict::kSupported;
  return d;
}

using Power = std::function<double(int64_t n)>;

// The smallest n from kFewestValues with a power of at least 0.80, for a power that rises with n.
std::optional<int64_t> smallest_n(const Power& power) {
  int64_t low = kFewestValues - 1, high = kFewestValues;
  while (power(high) < 0.80) {
    if (high == kMostSeeds) return std::nullopt;
    low = high;
    high = std::min(2 * high, kMostSeeds);
  }
  while (high - low > 1) {
    const int64_t middle = low + (high - low) / 2;
    (power(middle) < 0.80 ? low : high) = middle;
  }
  return high;
}

}  // namespace

RuleTests rule_tests(const Summary& effect, const Rule& rule) {
  if (rule.direction == Direction::kSame)
    return {equivalence_p(effect, rule.margin), beyond_p(effect, rule.margin)};
  RuleTests tests{t_test_p(effect, 0), std::nullopt};
  if (rule.margin > 0)
    tests.size = rule.direction == Direction::kLower ? above_p(effect, -rule.margin)
                                                     : below_p(effect, rule.margin);
  return tests;
}

std::vector<Decision> judge_family(std::span<const FamilyCell> cells) {
  std::vector<std::optional<double>> family;  // two tests a cell, one without a margin
  for (const FamilyCell& cell : cells) {
    const RuleTests tests = enough(cell) ? rule_tests(cell.effect, cell.rule) : RuleTests{};
    family.push_back(tests.effect);
    if (cell.rule.margin > 0) family.push_back(tests.size);
  }
  const std::vector<double> adjusted = holm(family);
  // What Holm compares the smallest open p with: this is the level at which more seeds would be judged.
  const auto open =
      std::count_if(adjusted.begin(), adjusted.end(), [](double p) { return p >= kAlpha; });
  const double level = kAlpha / static_cast<double>(std::max<std::ptrdiff_t>(open, 1));
  std::vector<Decision> decisions;
  size_t next = 0;
  for (const FamilyCell& cell : cells) {
    RuleTests holm{adjusted[next++], std::nullopt};
    if (cell.rule.margin > 0) holm.size = adjusted[next++];
    decisions.push_back(enough(cell) ? decide(cell, holm) : Decision{});
    decisions.back().level = level;
  }
  return decisions;
}

std::optional<int64_t> seeds_to_decide(const FamilyCell& cell, bool effect_found, double alpha) {
  const Summary& s = cell.effect;
  const double margin = cell.rule.margin;
  // Equal values have the p of the sign-flip test.
  if (*s.sd == 0)
    return smallest_n(
        [&](int64_t n) { return std::exp2(1.0 - static_cast<double>(n)) < alpha ? 1.0 : 0.0; });
  const auto errors = [&](double distance, int64_t n) {
    return std::abs(distance) / *s.sd * std::sqrt(static_cast<double>(n));
  };
  const auto one_sided = [&](double distance, int64_t n) {
    return student_t_power_one_sided(errors(distance, n), static_cast<double>(n - 1), alpha);
  };
  const auto two_sided = [&](double distance, int64_t n) {
    return student_t_power(errors(distance, n), static_cast<double>(n - 1), alpha);
  };
  // Both one-sided tests must reject. They fail together only if the sd is far too large.
  const auto equivalence = [&](int64_t n) { return 2 * one_sided(margin, n) - 1; };
  const double mean = std::abs(*s.mean);
  if (cell.rule.direction == Direction::kSame)
    return smallest_n(
        [&](int64_t n) { return mean < margin ? equivalence(n) : two_sided(mean - margin, n); });
  const double effect = towards(s, cell.rule), gap = margin - effect;
  const auto either = [&](int64_t n) {
    return std::max(gap > 0 && margin > 0 ? one_sided(gap, n) : 0,
                    effect_found ? 0 : two_sided(mean, n));
  };
  const bool between = effect > 0 && gap > 0;
  if (between && !effect_found) {
    const auto n = smallest_n([&](int64_t k) { return two_sided(margin, k); });
    if (!n || *n > s.n) return n;
  }
  return smallest_n(either);
}

}  // namespace sinkmoe::stats
