#include "report/judge/judgement.h"

#include <algorithm>
#include <cmath>

#include "core/text/number.h"
#include "core/text/split_join.h"
#include "report/text/number_text.h"

namespace sinkmoe::report {

namespace {

using stats::Verdict;

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
           shortest(*e.bound) + (e.none ? " (no effect: " + shortest(*e.none) + ")" : "") + n;
  const std::string than = key_list(e.than);
  if (e.rule.direction == stats::Direction::kSame)
    return e.value + " within " + shortest(e.rule.margin) + " of " + than + n;
  return e.value + (e.rule.direction == stats::Direction::kHigher ? " higher" : " lower") +
         " than at " + than + (e.rule.margin > 0 ? " by at least " + shortest(e.rule.margin) : "") +
         n;
}

// The runs of a cell that are done, and their values, by seed.
struct Side {
  const CellGroup* group = nullptr;
  std::map<int64_t, std::string> done;  // seed -> run
  std::vector<stats::Seeded> values;
};

Side side_of(const Cells& cells, const std::vector<std::string>& key, const std::string& value) {
  Side side;
  side.group = cells.find(key);
  if (!side.group) return side;
  for (const CellRun& run : side.group->runs)
    if (run.status == RunStatus::done) side.done[run.seed] = run.run_id;
  side.values = cells.values(*side.group, value);
  return side;
}

// Takes the values of seeds that have one on both sides. Returns the number of seeds that are done
// on both sides, with or without a value.
int64_t take_values(Judgement& o, const Side& own, const Side* control) {
  const auto value_of = [](const Side& side, int64_t seed) -> const double* {
    for (const stats::Seeded& v : side.values)
      if (v.seed == seed) return &v.value;
    return nullptr;
  };
  int64_t done = 0;
  for (const auto& [seed, run] : own.done) {
    if (control && !control->done.contains(seed)) continue;
    ++done;
    const double* value = value_of(own, seed);
    const double* other = control ? value_of(*control, seed) : nullptr;
    if (!value || (control && !other)) continue;
    o.values.push_back(*value - (other ? *other : 0));
    o.runs.push_back(run);
    if (control) o.control_runs.push_back(control->done.at(seed));
  }
  return done;
}

std::string missing_note(const Expectation& e, const Side& own, int64_t n) {
  if (!own.group) return "not run";
  const std::string others = not_done_text(*own.group);
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

// The verdict and the note of a cell that needs no test. `done`: runs or pairs that are done.
void find_obstacle(Judgement& o, const Cells& cells, const Side& own, int64_t done) {
  const Expectation& e = o.expectation;
  const auto stop = [&](Verdict verdict, const std::string& note) {
    o.verdict = verdict;
    o.note = note;
  };
  // A guard may explain why there is no value: if no head is a sink, nothing can be measured.
  for (const Guard& guard : e.guards) {
    const GuardState state = guard_state(guard, cells);
    if (!state.note.empty() && (state.measured || o.effect.n >= e.rule.n))
      return stop(Verdict::kUntestable, state.note);
  }
  const auto not_finite =
      std::find_if_not(o.values.begin(), o.values.end(), [](double v) { return std::isfinite(v); });
  if (not_finite != o.values.end())
    return stop(Verdict::kUntestable,
                e.value + " is not finite in run " +
                    o.runs[static_cast<size_t>(not_finite - o.values.begin())]);
  if (o.effect.n >= e.rule.n) return;
  if (done < e.rule.n) return stop(Verdict::kMissing, missing_note(e, own, o.effect.n));
  stop(Verdict::kUntestable, "nothing to measure: " + e.value + " is absent in " +
                                 std::to_string(done - o.effect.n) + " of " + std::to_string(done) +
                                 (e.bound ? " runs" : " pairs"));
}

Judgement measure(const Expectation& e, const Cells& cells) {
  Judgement o;
  o.expectation = e;
  o.cell = key_list(e.cell);
  o.rule = rule_text(e);
  const auto key = cells.key_of(e.cell);
  const Side own = side_of(cells, key, e.value);
  const Side control = e.bound ? Side{} : side_of(cells, cells.key_of(e.than, key), e.value);
  const int64_t done = take_values(o, own, e.bound ? nullptr : &control);
  o.effect = stats::summarize(o.values);
  o.p = stats::rule_tests(o.judged_effect(), e.rule);
  if (e.rule.direction != stats::Direction::kSame) {
    std::vector<double> effects = o.values;
    for (double& v : effects) v -= e.origin();
    o.flip_p = stats::sign_flip_p(effects);
  }
  if (o.effect.sd && *o.effect.sd > 0)
    o.detectable = stats::detectable_difference(o.effect.n, *o.effect.sd);
  find_obstacle(o, cells, own, done);
  if (!e.primary) o.verdict.reset();
  return o;
}

}  // namespace

stats::Summary Judgement::judged_effect() const {
  stats::Summary s = effect;
  if (s.mean) *s.mean -= expectation.origin();
  return s;
}

std::optional<double> Judgement::hours() const {
  if (!seeds || run_hours.empty() || effect.n == 0) return std::nullopt;
  double total = 0;
  for (const auto& [run, hours] : run_hours) total += hours;
  return total * static_cast<double>(*seeds) / static_cast<double>(effect.n);
}

std::string verdict_text(const Judgement& o) {
  if (!o.duplicate_of.empty()) return "counted in " + o.duplicate_of + ": the same trained models";
  if (!o.verdict) return o.note;
  std::string text = name_of(*o.verdict);
  const std::string equal =
      o.effect.sd && *o.effect.sd == 0 && o.note.empty() ? "; all values are equal" : "";
  if (*o.verdict == Verdict::kUndecided)
    return text + ": " + (o.effect_found ? "an effect, but of open size; " : "") +
           (o.seeds ? std::to_string(*o.seeds) : "more than a million") + " " + o.repeats +
           " would decide" + equal;
  if (*o.verdict == Verdict::kExcluded && o.effect_found) text += ": an effect, but a smaller one";
  return o.note.empty() ? text + equal : text + ": " + o.note;
}

Check check_of(const Judgement& o) {
  if (!o.verdict) return Check::kShown;
  if (*o.verdict == Verdict::kMissing) return Check::kMissing;
  if (*o.verdict == o.expectation.found) return Check::kPass;
  return *o.verdict == Verdict::kUntestable ? Check::kMissing : Check::kOff;
}

std::vector<Judgement> measure_expectations(const Spec& spec, const std::string& experiment,
                                            const Cells& cells) {
  int64_t n = stats::kFewestValues;
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
    judgements.back().repeats = spec.layout.repeats;
  }
  return judgements;
}

}  // namespace sinkmoe::report
