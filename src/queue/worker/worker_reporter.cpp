#include "queue/worker/worker_reporter.h"

#include "queue/signals.h"

namespace sinkmoe::queue {

namespace {
constexpr int64_t kReportEvery_us = 100'000;
constexpr size_t kTextBytes = 32;  // of a name in a row
}  // namespace

void WorkerReporter::alive() const {
  attempt_.heartbeat.sign_of_life();
  if (attempt_.heartbeat.lease_lost()) throw LeaseLost();
  outbox_.check();
}

void WorkerReporter::describe(const std::vector<MetricInfo>& metrics) {
  alive();
  outbox_.put([this, metrics] { attempt_.store.describe(attempt_.lease, metrics); }, 0);
}

void WorkerReporter::metrics(const std::vector<MetricRow>& rows) {
  alive();
  store::require_finite(rows);
  for (const MetricRow& row : rows)
    if (row.name == "eval/loss") attempt_.pipe.send({.evaluated = row.value});
  outbox_.put([this, rows] { attempt_.store.add_metrics(attempt_.lease, rows); },
              static_cast<int64_t>(rows.size() * (sizeof(MetricRow) + kTextBytes)));
}

void WorkerReporter::histograms(const std::vector<HistogramRow>& rows) {
  alive();
  store::require_finite(rows);
  size_t bytes = 0;
  for (const HistogramRow& row : rows)
    bytes += sizeof row + kTextBytes + row.counts.size() * sizeof row.counts[0];
  outbox_.put([this, rows] { attempt_.store.add_histograms(attempt_.lease, rows); },
              static_cast<int64_t>(bytes));
}

void WorkerReporter::event(const EventRow& event) {
  alive();
  outbox_.put([this, event] { attempt_.store.add_event(attempt_.lease, event); },
              static_cast<int64_t>(sizeof event + event.text.size()));
}

void WorkerReporter::checkpoint(int64_t step, const std::filesystem::path& file, bool final) {
  alive();
  store::CheckpointRow row =
      describe_file(run_folder(attempt_.args.db, attempt_.lease.run_id), file);
  row.step = step;
  row.final = final;
  outbox_.put(
      [this, row] { commit_checkpoint(attempt_.store, attempt_.lease, row, attempt_.args.keep); },
      static_cast<int64_t>(sizeof row));
}

void WorkerReporter::flush() { outbox_.flush(); }

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
