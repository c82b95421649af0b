// Collects metric rows of the training loop and passes them on in batches, because the store syncs
// every batch to disk and would otherwise delay every tenth step.
#pragma once

#include <chrono>
#include <vector>

#include "core/run/run.h"

namespace sinkmoe::train {

// Reports to `out`, with rows delayed by at most kSeconds. Rows are passed on, in order, before any
// event or checkpoint, so a resumed run neither misses nor repeats one.
class RowBuffer : public RunReporter {
 public:
  explicit RowBuffer(RunReporter& out) : out_(out) {}

  void describe(const std::vector<MetricInfo>& metrics) override { out_.describe(metrics); }
  void metrics(const std::vector<MetricRow>& rows) override;
  void histograms(const std::vector<HistogramRow>& rows) override { out_.histograms(rows); }
  void event(const EventRow& event) override;
  void checkpoint(int64_t step, const std::filesystem::path& file, bool final) override;
  void progress(const Progress& progress) override { out_.progress(progress); }
  bool stop_requested() const override { return out_.stop_requested(); }

  void flush();

 private:
  static constexpr double kSeconds = 2;
  using Clock = std::chrono::steady_clock;

  RunReporter& out_;
  std::vector<MetricRow> rows_;
  Clock::time_point flushed_ = Clock::now();
};

}  // namespace sinkmoe::train
