// One evaluation on fixed validation rows (protocol: BOS at position 0 of every row, never
// predicted, never counted).
#pragma once

#include "data/source.h"
#include "metrics/metrics.h"
#include "model/decoder.h"

namespace sinkmoe::train {

struct Evaluated {
  metrics::EvaluationResult result;
  metrics::HeadStatistics heads;
};

// Evaluates about `tokens` validation tokens (whole rows, at least one). With a group each rank reads
// its rows, and all have the result of the whole; null: one process. Waits for the device once (and once
// more every four million tokens).
Evaluated evaluate(const model::Decoder& model, const data::DataSource& source, int64_t tokens,
                   at::Device device, ranks::Group* group = nullptr);

}  // namespace sinkmoe::train
