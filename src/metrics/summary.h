// Numbers of an evaluation that are computed from the means of its heads. A summary is one file in
// metrics/summaries/ with one Registration<SummaryKind>.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>

namespace sinkmoe::metrics {

// Means over the evaluation, [layers, heads], fp64, on the CPU; see HeadStatistics.
struct HeadMeans {
  at::Tensor importance_LH, first_weight_LH, value_ratio_LH, out_norm_LH;
};

struct SummaryKind {
  static constexpr const char* kind = "metric";
  std::string name;    // "eval/top_quarter_share"
  std::string unit;    // "1"
  std::string better;  // "lower", "higher" or "" (neither)
  std::string help;
  std::function<double(const HeadMeans&)> value;
};

}  // namespace sinkmoe::metrics
