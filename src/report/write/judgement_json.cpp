#include "report/write/judgement_json.h"

#include <cmath>

#include "core/text/number.h"
#include "report/text/number_text.h"

namespace sinkmoe::report {

namespace {

using Json = nlohmann::ordered_json;

Json number(const std::optional<double>& value) {
  if (!value || !std::isfinite(*value)) return nullptr;
  return parse_number<double>(significant(*value, 6)).value_or(*value);
}

}  // namespace

Json json_judgement(const Judgement& o) {
  const Expectation& e = o.expectation;
  return {{"check", name_of(check_of(o))},
          {"claim", e.claim},
          {"cell", o.cell},
          {"value", e.value},
          {"rule", o.rule},
          {"primary", e.primary},
          {"kind", e.bound ? "mean against a bound" : "paired difference"},
          {"margin", number(e.rule.margin)},
          {"no_effect", number(e.origin())},
          {"n", o.effect.n},
          {"n_planned", e.rule.n},
          {"mean", number(o.effect.mean)},
          {"sd", number(o.effect.sd)},
          {"ci95_low", number(o.effect.low())},
          {"ci95_high", number(o.effect.high())},
          {"p", number(o.p.effect)},
          {"p_sign_flip", number(o.flip_p)},
          {"p_size", number(o.p.size)},
          {"p_holm", number(o.holm.effect)},
          {"p_size_holm", number(o.holm.size)},
          {"detectable_80", number(o.detectable)},
          {"verdict", o.verdict ? Json(name_of(*o.verdict)) : Json(nullptr)},
          {"seeds_needed", o.seeds ? Json(*o.seeds) : Json(nullptr)},
          {"hours_needed", number(o.hours())},
          {"duplicate_of", o.duplicate_of.empty() ? Json(nullptr) : Json(o.duplicate_of)},
          {"note", o.note},
          {"paper", e.paper}};
}

}  // namespace sinkmoe::report
