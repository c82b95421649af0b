// Handles the reports of a job: writes them to the store under the lease, in the background, and sends progress to the
// supervisor.
#pragma once

#include "core/run/run.h"
#include "queue/supervisor/report_line.h"
#include "queue/worker/heartbeat.h"
#include "queue/worker/outbox.h"
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
  // Waits until all reports are in the database. Throws what a write threw.
  void flush();

 private:
  void alive() const;  // records a sign of life; throws LeaseLost, and what an earlier write threw

  const Attempt& attempt_;
  int64_t last_step_ = -1, last_sent_us_ = 0;
  mutable Outbox outbox_;  // the only user of the store meanwhile
};

}  // namespace sinkmoe::queue
