// The one training loop. It takes ready parts and hands out plain values; it knows no database,
// no flag, no signal.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/metric.h"
#include "data/source.h"

namespace sinkmoe::train {

struct TrainProgress {
  int64_t step = 0, steps = 0;
  double loss = 0, tokens_per_second = 0, imbalance = 0,
         sink_rate = 0;  // the last two: of the last evaluation
};

struct TrainHooks {
  std::function<void(const std::vector<MetricRow>&)> metrics;
  std::function<void(const std::vector<HistogramRow>&)> histograms;
  std::function<void(const EventRow&)> event;
  std::function<void(int64_t step, const std::filesystem::path& file, bool final)> checkpoint;
  std::function<void(const TrainProgress&)> progress;
  std::function<bool()> stop_requested;
};

struct TrainRequest {
  config::RunConfig config;
  std::filesystem::path folder;                          // for checkpoints and final weights
  std::optional<std::filesystem::path> resume;           // a checkpoint of this run
  std::optional<std::filesystem::path> initial_weights;  // final weights of another run
};

struct TrainResult {
  enum class End { done, interrupted, diverged } end = End::done;
  std::string message;
};

// Trains to the end, or until a stop is asked for (it then writes a checkpoint), or until the loss,
// the gradient or what a checkpoint would hold is not finite or the loss stays above ln V + 1 after
// warm-up (diverged). Throws Error for bad input.
//
// Rows of step s are handed out before the checkpoint of step s, so a resumed run
// repeats none of them.
TrainResult train(const TrainRequest& request, const data::DataSource& source,
                  const TrainHooks& hooks);

}  // namespace sinkmoe::train
