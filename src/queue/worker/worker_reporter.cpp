#include "queue/worker/worker_reporter.h"

#include "queue/signals.h"

namespace sinkmoe::queue {

namespace {
constexpr int64_t kReportEvery_us = 100'000;
}

void WorkerReporter::alive() const {
  attempt_.heartbeat.sign_of_life();
  if (attempt_.heartbeat.lease_lost()) throw LeaseLost();
}

void WorkerReporter::describe(const std::vector<MetricInfo>& metrics) {
  alive();
  attempt_.store.describe(attempt_.lease, metrics);
}

void WorkerReporter::metrics(const std::vector<MetricRow>& rows) {
  alive();
  attempt_.store.add_metrics(attempt_.lease, rows);
}

void WorkerReporter::histograms(const std::vector<HistogramRow>& rows) {
  alive();
  attempt_.store.add_histograms(attempt_.lease, rows);
}

void WorkerReporter::event(const EventRow& event) {
  alive();
  attempt_.store.add_event(attempt_.lease, event);
}

void WorkerReporter::checkpoint(int64_t step, const std::filesystem::path& file, bool final) {
  alive();
  store::CheckpointRow row =
      describe_file(run_folder(attempt_.args.db, attempt_.lease.run_id), file);
  row.step = step;
  row.final = final;
  commit_checkpoint(attempt_.store, attempt_.lease, row, attempt_.args.keep);
}

void WorkerReporter::progress(const Progress& progress) {
  alive();
  if (progress.step != last_step_) attempt_.heartbeat.step_done();
  last_step_ = progress.step;
  const int64_t now = store::boot_clock_us();
  if (now - last_sent_us_ < kReportEvery_us && progress.step < progress.steps) return;
  last_sent_us_ = now;
  attempt_.pipe.send({.progress = progress, .note = {}});
}

bool WorkerReporter::stop_requested() const {
  alive();
  return StopSignals::requested();
}

}  // namespace sinkmoe::queue
