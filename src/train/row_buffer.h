// Rows of metrics on their way out of the training loop, handed on in batches: a store that writes
// each batch to disk for good would otherwise stand in the path of every tenth step.
#pragma once

#include <chrono>
#include <vector>

#include "train/trainer.h"

namespace sinkmoe::train {

class RowBuffer {
 public:
  explicit RowBuffer(const TrainHooks& hooks);
  RowBuffer(const RowBuffer&) = delete;
  RowBuffer& operator=(const RowBuffer&) = delete;

  // The same hooks, with rows kept back for at most kSeconds. They are handed on, in order, before
  // any event or checkpoint: a resumed run neither misses nor repeats one.
  const TrainHooks& hooks() const { return buffered_; }
  void flush();

 private:
  static constexpr double kSeconds = 2;
  using Clock = std::chrono::steady_clock;

  TrainHooks hooks_, buffered_;
  std::vector<MetricRow> rows_;
  Clock::time_point flushed_ = Clock::now();
};

}  // namespace sinkmoe::train
