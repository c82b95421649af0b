// A figure of any stored metric, as the spec of an artifact: nobody writes TOML for it.
#pragma once

#include <string>
#include <vector>

#include "report/spec/spec.h"
#include "report/sweep/axes.h"
#include "report/sweep/metric_facts.h"

namespace sinkmoe::report {

struct PlotRequest {
  std::string x;                // "step", "tokens", the key of an axis; "": what fits the metric
  std::vector<std::string> by;  // keys of the axes that give a line each; empty: what fits
  bool log = false;             // a logarithmic y axis
};

// Lines over steps, tokens or a number axis; bars over an axis of words; a heat map for metrics of
// heads at their last step. Axes that are neither x nor `by` become panels, or lines if they are
// many. Throws Error for a key that is no axis, with the nearest ones.
Spec plot_spec(const QueryFunction& query, const Sweep& sweep, const MetricFacts& metric,
               const PlotRequest& request);

// The axis columns of a query on rows `e` of experiment_wide, each followed by ", ".
std::string axis_columns(const Sweep& sweep);
// The same as an ORDER BY list: variants and losses in their usual order.
std::string axis_order(const Sweep& sweep);

// The spec without query and layout, for the experiments of the sweep.
Spec sweep_spec(const Sweep& sweep, const std::string& name, const std::string& title);
// "train.warmup goes with train.lr.": for the dimensions of several axes; "" if there are none.
std::string zip_note(const Sweep& sweep);

}  // namespace sinkmoe::report
