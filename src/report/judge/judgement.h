// Judges expectations on cells: effect, p, Holm over the primary cells, verdict.
#pragma once

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
  stats::Summary effect;  // paired differences, or the values themselves if there is a bound
  std::optional<double> p, adjusted_p, detectable;
  stats::Verdict verdict = stats::Verdict::kMissing;
  std::string note;  // why it is missing, or what the guard found
};

enum class Check { kPass, kOff, kMissing };
constexpr auto names_of(Check) {
  return names<Check>("result of a check",
                      {{Check::kPass, "PASS"}, {Check::kOff, "OFF"}, {Check::kMissing, "MISSING"}});
}

// PASS: the verdict is the one under `found` in the spec. MISSING: too few runs, the scale is too
// small, or nothing is published. OFF: everything else.
Check check_of(const Judgement& judgement);

// The expectations for this experiment, in the order of the file. If not primary: adjusted_p = p.
std::vector<Judgement> judge_expectations(const Spec& spec, const std::string& experiment,
                                          const Cells& cells);

}  // namespace sinkmoe::report
