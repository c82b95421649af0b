// The queue's implementation of JobContext: writes to the store under the lease and reports to the
// supervisor.
#pragma once

#include <string>

#include "queue/job.h"
#include "queue/supervisor/report_line.h"
#include "queue/worker/checkpoints.h"
#include "queue/worker/heartbeat.h"

namespace sinkmoe::queue {

class WorkerContext : public JobContext {
 public:
  struct Parts {
    store::Store& store;
    const store::Lease& lease;
    VitalSigns& vital;
    const ReportPipe& pipe;
    Keep keep;
  };
  explicit WorkerContext(const Parts& parts) : parts_(parts) {}

  void describe(const std::vector<MetricInfo>& metrics) override;
  void metrics(const std::vector<MetricRow>& rows) override;
  void histograms(const std::vector<HistogramRow>& rows) override;
  void event(const EventRow& event) override;
  void checkpoint(int64_t step, const std::filesystem::path& file, bool final) override;
  void progress(const Progress& progress) override;
  bool stop_requested() const override;

 private:
  void alive() const;  // records a sign of life; throws Fenced
  template <class F>
  void guarded(F&& write) const;

  Parts parts_;
  int64_t last_step_ = -1, last_sent_us_ = 0;
};

}  // namespace sinkmoe::queue
