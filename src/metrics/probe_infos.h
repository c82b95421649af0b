// Name, unit, direction and help of the metrics of eval.probes = "full".
#pragma once

#include <vector>

#include "core/run/metric.h"

namespace sinkmoe::metrics {

const std::vector<MetricInfo>& probe_infos();

}  // namespace sinkmoe::metrics
