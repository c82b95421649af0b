#include "stats/verdict.h"

namespace sinkmoe::stats {

namespace {

Verdict judge_same(const Summary& effect, const Rule& rule, double p) {
  if (p < rule.alpha) return Verdict::kReproduced;
  const bool beyond = *effect.low() > rule.margin || *effect.high() < -rule.margin;
  return beyond ? Verdict::kContradicted : Verdict::kNotSignificant;
}

}  // namespace

std::optional<double> rule_p(const Summary& effect, const Rule& rule) {
  return rule.direction == Direction::kSame ? equivalence_p(effect, rule.margin)
                                            : t_test_p(effect, 0);
}

Verdict judge(const Summary& effect, const Rule& rule, std::optional<double> adjusted_p) {
  if (effect.n < 2 || effect.n < rule.n || !adjusted_p) return Verdict::kMissing;
  if (rule.direction == Direction::kSame) return judge_same(effect, rule, *adjusted_p);
  if (*adjusted_p >= rule.alpha) return Verdict::kNotSignificant;
  const double towards = rule.direction == Direction::kLower ? -*effect.mean : *effect.mean;
  if (towards < 0) return Verdict::kContradicted;
  return towards >= rule.margin ? Verdict::kReproduced : Verdict::kDirectionOnly;
}

}  // namespace sinkmoe::stats
