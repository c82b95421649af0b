#include "report/judge/judgement.h"

#include <algorithm>

#include "core/text/number.h"
#include "core/text/split_join.h"
#include "report/text/number_text.h"

namespace sinkmoe::report {

namespace {

std::string key_list(const CellKey& key) {
  return join(key, ", ", [](const auto& k) { return k.first + " " + plain_key(k.second); });
}

std::string rule_text(const Expectation& e) {
  const std::string n = ", n >= " + std::to_string(e.rule.n);
  if (!e.published)
    return e.value + (e.than.empty() ? "" : " against " + key_list(e.than)) +
           ": the paper gives no number";
  if (e.bound)
    return e.value + (e.rule.direction == stats::Direction::kHigher ? " above " : " below ") +
           shortest(*e.bound) + n;
  const std::string than = key_list(e.than);
  if (e.rule.direction == stats::Direction::kSame)
    return e.value + " within " + shortest(e.rule.margin) + " of " + than + n;
  return e.value + (e.rule.direction == stats::Direction::kHigher ? " higher" : " lower") +
         " than at " + than + (e.rule.margin > 0 ? " by at least " + shortest(e.rule.margin) : "") +
         n;
}

std::vector<double> effect_values(const Expectation& e, const Cells& cells) {
  const auto key = cells.key_of(e.cell);
  const CellGroup* treatment = cells.find(key);
  if (!treatment) return {};
  const std::vector<stats::Seeded> values = cells.values(*treatment, e.value);
  if (e.bound) return values_only(values);
  const CellGroup* control = cells.find(cells.key_of(e.than, key));
  if (!control) return {};
  return stats::paired_difference(values, cells.values(*control, e.value)).differences;
}

std::string missing_note(const Expectation& e, const Cells& cells, int64_t n) {
  const CellGroup* group = cells.find(cells.key_of(e.cell));
  if (!group) return "not run";
  const std::string others = not_done_text(*group);
  return std::to_string(n) + " of " + std::to_string(e.rule.n) + (e.bound ? " runs" : " pairs") +
         (others.empty() ? "" : " (" + others + ")");
}

struct GuardState {
  bool measured = false;
  std::string note;  // what the guard found, if it forbids a judgement; otherwise ""
};

GuardState guard_state(const Guard& guard, const Cells& cells) {
  const CellGroup* group = cells.find(cells.key_of(guard.cell));
  const stats::Summary s =
      group ? stats::summarize(values_only(cells.values(*group, guard.value))) : stats::Summary{};
  const bool open = s.mean && (guard.above ? *s.mean > *guard.above : *s.mean < *guard.below);
  if (open) return {.measured = true, .note = ""};
  return {s.mean.has_value(), (guard.text.empty() ? "" : guard.text + ": ") + guard.value + " is " +
                                  (s.mean ? significant(*s.mean, 3) : "absent") + ", needed " +
                                  (guard.above ? "above " : "below ") +
                                  shortest(guard.above ? *guard.above : *guard.below)};
}

Judgement measure(const Expectation& e, const Cells& cells) {
  Judgement o;
  o.expectation = e;
  o.cell = key_list(e.cell);
  o.rule = rule_text(e);
  const std::vector<double> values = effect_values(e, cells);
  o.effect = stats::summarize(values);
  o.p = e.bound ? stats::t_test_p(o.effect, *e.bound) : stats::rule_p(o.effect, e.rule);
  if (o.effect.sd && *o.effect.sd > 0)
    o.detectable = stats::detectable_difference(o.effect.n, *o.effect.sd);
  if (o.effect.n < e.rule.n) o.note = missing_note(e, cells, o.effect.n);
  return o;
}

// The effect as the rule sees it: with a bound, the distance to the bound.
stats::Summary judged_effect(const Judgement& o) {
  stats::Summary s = o.effect;
  if (o.expectation.bound && s.mean) *s.mean -= *o.expectation.bound;
  return s;
}

void adjust(std::vector<Judgement>& judgements) {
  std::vector<std::optional<double>> family;
  for (const Judgement& o : judgements)
    if (o.expectation.primary) family.push_back(o.p);
  const std::vector<double> adjusted = stats::holm(family);
  size_t next = 0;
  for (Judgement& o : judgements) {
    o.adjusted_p = o.p;
    if (!o.expectation.primary) continue;
    if (o.p) o.adjusted_p = adjusted[next];
    ++next;
  }
}

stats::Verdict verdict_of(Judgement& o, const Cells& cells) {
  const Expectation& e = o.expectation;
  if (!e.published) return stats::Verdict::kNotPublished;
  // The guard may explain why there is no value: if no head is a sink, nothing can be measured.
  const GuardState guard = e.guard ? guard_state(*e.guard, cells) : GuardState{};
  if (!guard.note.empty() && (guard.measured || o.effect.n >= e.rule.n)) {
    o.note = guard.note;
    return stats::Verdict::kScaleTooSmall;
  }
  if (o.effect.n < e.rule.n) return stats::Verdict::kMissing;
  return stats::judge(judged_effect(o), e.rule, o.adjusted_p);
}

}  // namespace

Check check_of(const Judgement& o) {
  if (o.verdict == stats::Verdict::kMissing) return Check::kMissing;
  if (o.verdict == o.expectation.found) return Check::kPass;
  const bool nothing_to_judge =
      o.verdict == stats::Verdict::kScaleTooSmall || o.verdict == stats::Verdict::kNotPublished;
  return nothing_to_judge ? Check::kMissing : Check::kOff;
}

std::vector<Judgement> judge_expectations(const Spec& spec, const std::string& experiment,
                                          const Cells& cells) {
  int64_t n = 2;
  for (const SpecExperiment& e : spec.experiments)
    if (e.name == experiment || e.name == "*") {
      n = e.n;
      if (e.name == experiment) break;
    }
  std::vector<Judgement> judgements;
  for (Expectation e : spec.expect) {
    const auto& only = e.experiments;
    if (!only.empty() && std::find(only.begin(), only.end(), experiment) == only.end()) continue;
    e.rule.n = n;
    judgements.push_back(measure(e, cells));
  }
  adjust(judgements);
  for (Judgement& o : judgements) o.verdict = verdict_of(o, cells);
  return judgements;
}

}  // namespace sinkmoe::report
