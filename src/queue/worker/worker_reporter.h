// Handles the reports of a job: writes them to the store under the lease, and sends progress to the
// supervisor.
#pragma once

#include "core/run/run.h"
#include "queue/supervisor/report_line.h"
#include "queue/worker/heartbeat.h"
#include "queue/worker/worker.h"

namespace sinkmoe::queue {

// What one attempt works with. Everything here outlives the attempt.
struct Attempt {
  const WorkerArgs& args;
  store::Store& store;
  store::Lease& lease;
  Heartbeat& heartbeat;
  const ReportPipe& pipe;
};

class WorkerReporter : public RunReporter {
 public:
  explicit WorkerReporter(const Attempt& attempt) : attempt_(attempt) {}

  void describe(const std::vector<MetricInfo>& metrics) override;
  void metrics(const std::vector<MetricRow>& rows) override;
  void histograms(const std::vector<HistogramRow>& rows) override;
  void event(const EventRow& event) override;
  void checkpoint(int64_t step, const std::filesystem::path& file, bool final) override;
  void progress(const Progress& progress) override;
  bool stop_requested() const override;

 private:
  void alive() const;  // records a sign of life; throws LeaseLost

  const Attempt& attempt_;
  int64_t last_step_ = -1, last_sent_us_ = 0;
};

}  // namespace sinkmoe::queue
