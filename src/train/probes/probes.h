// Runs the probes of a trained model that eval.probes asks for. docs/metrics.md has the formulas.
#pragma once

#include <functional>
#include <vector>

#include "core/run/metric.h"
#include "data/source.h"
#include "metrics/metrics.h"
#include "model/decoder.h"

namespace sinkmoe::train {

struct ProbeRows {
  std::vector<MetricRow> metrics;
  std::vector<HistogramRow> histograms;
};

// `heads` are the statistics of an evaluation of the same model. `alive` is called before every
// forward pass. The model's weights are the same afterwards.
ProbeRows run_probes(const model::Decoder& model, const data::DataSource& source,
                     const metrics::HeadStatistics& heads, int64_t step, at::Device device,
                     const std::function<void()>& alive);

// Number of predicted tokens in the sample that is read a few times, and in the one that ablations
// read about 11 times per head.
int64_t probe_tokens();
int64_t ablation_tokens(const config::RunConfig& config);

}  // namespace sinkmoe::train
