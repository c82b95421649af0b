// How much of a layer's importance its most important quarter of heads holds (C3).
#include <algorithm>

#include "core/registry.h"
#include "metrics/probe_math.h"
#include "metrics/summary.h"

namespace sinkmoe::metrics {
namespace {

double top_quarter_share(const HeadMeans& heads) {
  const int64_t quarter = std::max<int64_t>(1, heads.importance_LH.size(1) / 4);
  return top_share(heads.importance_LH, quarter);
}

const Registration<SummaryKind> registration{
    {.name = "eval/top_quarter_share",
     .unit = "1",
     .better = "lower",
     .help =
         "share of a layer's importance held by its H/4 most important heads, mean over layers (C3)",
     .value = top_quarter_share}};

}  // namespace
}  // namespace sinkmoe::metrics
