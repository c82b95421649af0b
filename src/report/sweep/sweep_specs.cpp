#include "report/sweep/sweep_specs.h"

#include <algorithm>

#include "core/text/quote.h"
#include "core/text/split_join.h"
#include "report/sweep/plot_spec.h"

namespace sinkmoe::report {

namespace {

// The columns of the table, in this order, as far as the runs have them; then the metrics with figures.
const std::vector<std::string> kMain = {"eval/loss",         "eval/imbalance",   "eval/accuracy",
                                        "eval/bpb",          "eval/loss_answer", "task/mean",
                                        "eval/max_layer_cv", "eval/sink_rate"};
const std::vector<std::string> kDrawn = {"eval/loss", "eval/imbalance", "eval/accuracy"};
constexpr size_t kMostValues = 8, kMostCompared = 3;

// Numbers that another column already tells, or that describe the run rather than its result.
bool minor(const std::string& name) {
  return name.starts_with("train/") || name.starts_with("task/") || name.starts_with("model/") ||
         name.starts_with("eval/sink_rate_") || name == "eval/perplexity" || name == "eval/floor";
}

std::vector<MetricFacts> table_metrics(const std::vector<MetricFacts>& stored) {
  std::vector<MetricFacts> list;
  for (const std::string& name : kMain)
    for (const MetricFacts& m : stored)
      if (m.name == name && m.level == "run") list.push_back(m);
  const auto add = [&](bool minor_ones) {
    for (const MetricFacts& m : stored)
      if (m.level == "run" && minor(m.name) == minor_ones && list.size() < kMostValues &&
          std::none_of(list.begin(), list.end(),
                       [&](const MetricFacts& o) { return o.name == m.name; }))
        list.push_back(m);
  };
  add(false);
  if (list.empty()) add(true);
  return list;
}

// The cell of the runs without balance loss, if the sweep has such runs.
std::optional<std::pair<std::string, std::string>> control_of(const Sweep& sweep) {
  const Axis* weight = sweep.find("balance.weight");
  if (!weight || weight->values.front() != "0") return std::nullopt;
  return std::pair(weight->column, std::string("0"));
}

}  // namespace

Spec sweep_table(const QueryFunction& query, const Sweep& sweep) {
  Spec spec = sweep_spec(sweep, "sweep_table", "Results by the axes of the sweep");
  spec.caption = "Values at the last step on held-out data.";
  const std::string note = zip_note(sweep);
  if (!note.empty()) spec.caption += " " + note;
  const bool several = sweep.experiments.size() > 1;
  std::string columns;
  for (const MetricFacts& m : table_metrics(stored_metrics(query, sweep))) {
    if (several && spec.layout.values.size() == kMostCompared) break;
    columns += ",\n  e." + in_quotes(m.column(), '"');
    spec.layout.values.push_back({.column = m.column(),
                                  .title = m.short_name(),
                                  .unit = m.unit,
                                  .digits = range_of(query, sweep, m).digits(),
                                  .difference = several || m.name == "eval/loss"});
  }
  for (const Dimension& d : sweep.dimensions)
    for (const Axis& a : d) spec.layout.rows.push_back({a.column, a.key});
  std::string axes = axis_columns(sweep), experiment;
  if (spec.layout.rows.empty()) {
    spec.layout.rows = {{"variant", "variant"}};
    axes = "e.attention_kind as variant, ";
  }
  if (several) {
    experiment = "e.experiment, ";
    spec.layout.cols = NamedColumn{"experiment", "", sweep.experiments};
    spec.pair = {"experiment", sweep.experiments.front()};
  } else {
    spec.pair = control_of(sweep);
  }
  spec.query = "select " + axes + experiment + "e.seed, e.run_id, e.status" + columns +
               "\nfrom experiment_wide e\nwhere " +
               (several ? "e.experiment in " + sweep.in_list() : "e.experiment = :experiment") +
               "\norder by " + axis_order(sweep) + experiment + "e.seed";
  for (const NamedColumn& c : spec.layout.rows) spec.cells.keys.push_back(c.column);
  if (several) spec.cells.keys.emplace_back("experiment");
  return spec;
}

std::vector<Spec> sweep_specs(const QueryFunction& query, const std::string& experiment) {
  const Sweep sweep = read_sweep(query, {experiment});
  const std::vector<MetricFacts> stored = stored_metrics(query, sweep);
  if (stored.empty()) return {};
  std::vector<Spec> specs = {sweep_table(query, sweep)};
  if (specs[0].layout.values.empty()) return {};
  for (const std::string& name : kDrawn)
    for (const MetricFacts& m : stored) {
      if (m.name != name) continue;
      if (steps_of(query, sweep, m).size() > 1)
        specs.push_back(plot_spec(query, sweep, m, {.x = "step"}));
      const Axis* widest = nullptr;
      for (const Dimension& d : sweep.dimensions)
        if (d[0].numeric && d[0].values.size() > (widest ? widest->values.size() : 2))
          widest = &d[0];
      if (widest) specs.push_back(plot_spec(query, sweep, m, {.x = widest->key}));
    }
  return specs;
}

}  // namespace sinkmoe::report
