// Name, unit, direction and help of the metrics that eval.probes adds.
#pragma once

#include <vector>

#include "core/run/metric.h"

namespace sinkmoe::metrics {

// With "terms" and with "full".
const std::vector<MetricInfo>& left_out_infos();
// With "full" alone.
const std::vector<MetricInfo>& probe_infos();

}  // namespace sinkmoe::metrics
