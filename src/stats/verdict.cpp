#include "stats/verdict.h"

#include <cmath>
#include <vector>

#include "core/error.h"
#include "core/text.h"

namespace sinkmoe::stats {

namespace {

struct Named {
  Verdict verdict;
  const char* name;
};

constexpr Named kNames[] = {
    {Verdict::kReproduced, "reproduced"},
    {Verdict::kDirectionOnly, "direction only"},
    {Verdict::kNotSignificant, "not significant"},
    {Verdict::kContradicted, "contradicted"},
    {Verdict::kScaleTooSmall, "scale too small"},
    {Verdict::kNotPublished, "not published"},
    {Verdict::kMissing, "missing"},
};

Verdict judge_same(const Summary& effect, const Rule& rule, double p) {
  if (p < rule.alpha) return Verdict::kReproduced;
  const bool beyond = *effect.low() > rule.margin || *effect.high() < -rule.margin;
  return beyond ? Verdict::kContradicted : Verdict::kNotSignificant;
}

}  // namespace

std::string to_string(Verdict verdict) {
  for (const Named& n : kNames)
    if (n.verdict == verdict) return n.name;
  return "";
}

Verdict parse_verdict(const std::string& text, const std::string& where) {
  std::vector<std::string> names;
  for (const Named& n : kNames) {
    if (text == n.name) return n.verdict;
    names.emplace_back(n.name);
  }
  throw Error("no verdict is called '" + text + "'", where, did_you_mean(text, names));
}

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
