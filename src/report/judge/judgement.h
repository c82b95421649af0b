// Measures expectations on cells: effect, p, guards. judge_families (family.h) gives the verdicts.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "report/judge/cells.h"
#include "report/spec/spec.h"
#include "stats/verdict.h"

namespace sinkmoe::report {

struct Judgement {
  Expectation expectation;  // rule.n filled in
  std::string cell,
      rule;  // "vanilla, 0.01"; "eval_loss lower than at weight 0, by at least 0.005, n >= 5"

  // Measured.
  std::vector<double> values;  // paired differences, or the values themselves if there is a bound
  std::vector<std::string> runs, control_runs;  // that the values come from
  stats::Summary effect;                        // of `values`
  stats::RuleTests p;                           // before Holm
  std::optional<double> flip_p;                 // sign-flip test of no effect; not for "same"
  std::optional<double> detectable;
  std::string note;  // why it is missing or untestable, or what the guard found

  // Judged. Only a primary cell that is no duplicate has a verdict.
  std::optional<stats::Verdict> verdict;
  stats::RuleTests holm;          // p after Holm
  std::optional<int64_t> seeds;   // undecided: how many would decide
  std::string repeats = "seeds";  // what they are: what the artifact's n counts
  // Hours that the runs behind the values took, by run_id: those of both sides, and the runs whose
  // weights they start from. Empty: not known.
  std::map<std::string, double> run_hours;
  bool effect_found = false;  // the direction is significant, the size is not reached
  std::string duplicate_of;   // the document of a cell with the same trainings and value

  // Undecided: hours of one worker for so many seeds, at the speed of the stored runs.
  std::optional<double> hours() const;
  // The effect as the rule sees it: 0 means no effect.
  stats::Summary judged_effect() const;
};

// "supported", "undecided: 23 seeds would decide", "untestable: no sink heads", "" without verdict
// and note.
std::string verdict_text(const Judgement& judgement);

enum class Check { kPass, kOff, kMissing, kShown };
constexpr auto names_of(Check) {
  return names<Check>("result of a check", {{Check::kPass, "PASS"},
                                            {Check::kOff, "OFF"},
                                            {Check::kMissing, "MISSING"},
                                            {Check::kShown, "SHOWN"}});
}

// PASS: the verdict is the one under `found` in the spec. MISSING: too few runs, or untestable.
// SHOWN: a cell without verdict. OFF: everything else.
Check check_of(const Judgement& judgement);

// The expectations for this experiment, in the order of the file. The verdict is already there
// where it needs no test: missing and untestable cells.
std::vector<Judgement> measure_expectations(const Spec& spec, const std::string& experiment,
                                            const Cells& cells);

}  // namespace sinkmoe::report
