// Which metrics the runs of some experiments have, and what their numbers look like.
#pragma once

#include <string>
#include <vector>

#include "report/spec/spec.h"
#include "report/sweep/axes.h"

namespace sinkmoe::report {

struct MetricFacts {
  std::string name;   // "eval/loss"
  std::string level;  // run, layer, head
  std::string unit;   // as printed: "" for plain numbers, "%" for percent
  std::string help;

  std::string column() const;  // "eval_loss"
  std::string short_name() const { return name.substr(name.find('/') + 1); }
};

// Every metric that some run has, by name.
std::vector<MetricFacts> stored_metrics(const QueryFunction& query, const Sweep& sweep);

// The metric called `name` ("eval/loss" or "eval_loss"). Throws Error with the nearest names.
const MetricFacts& metric_called(const std::vector<MetricFacts>& metrics, const std::string& name,
                                 const Sweep& sweep);

// Smallest and largest value, over all steps of all runs.
struct ValueRange {
  double low = 0, high = 0;
  bool positive() const { return low > 0; }
  // Digits after the point that show five significant ones of the largest value.
  int digits() const;
};
ValueRange range_of(const QueryFunction& query, const Sweep& sweep, const MetricFacts& metric);

// The distinct steps at which the runs have the metric, in order.
std::vector<int64_t> steps_of(const QueryFunction& query, const Sweep& sweep,
                              const MetricFacts& metric);

}  // namespace sinkmoe::report
