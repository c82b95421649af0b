#include "queue/worker/worker_context.h"

#include "queue/signals.h"

namespace sinkmoe::queue {

namespace {
constexpr int64_t kReportEvery_us = 100'000;
}

void WorkerContext::alive() const {
  parts_.vital.sign_of_life();
  if (parts_.vital.fenced()) throw Fenced();
}

template <class F>
void WorkerContext::guarded(F&& write) const {
  alive();
  try {
    write();
  } catch (const store::LeaseLost&) {
    throw Fenced();
  }
}

void WorkerContext::describe(const std::vector<MetricInfo>& metrics) {
  guarded([&] { parts_.store.describe(parts_.lease, metrics); });
}

void WorkerContext::metrics(const std::vector<MetricRow>& rows) {
  guarded([&] { parts_.store.add_metrics(parts_.lease, rows); });
}

void WorkerContext::histograms(const std::vector<HistogramRow>& rows) {
  guarded([&] { parts_.store.add_histograms(parts_.lease, rows); });
}

void WorkerContext::event(const EventRow& event) {
  guarded([&] { parts_.store.add_event(parts_.lease, event); });
}

void WorkerContext::checkpoint(int64_t step, const std::filesystem::path& file, bool final) {
  guarded([&] {
    store::CheckpointRow row =
        describe_file(run_folder(parts_.store.path(), parts_.lease.run_id), file);
    row.step = step;
    row.final = final;
    commit_checkpoint(parts_.store, parts_.lease, row, parts_.keep);
  });
}

void WorkerContext::progress(const Progress& progress) {
  alive();
  if (progress.step != last_step_) parts_.vital.step_done();
  last_step_ = progress.step;
  const int64_t now = store::boot_clock_us();
  if (now - last_sent_us_ < kReportEvery_us && progress.step < progress.steps) return;
  last_sent_us_ = now;
  parts_.pipe.send({.progress = progress, .note = {}});
}

bool WorkerContext::stop_requested() const {
  alive();
  return StopSignals::requested();
}

}  // namespace sinkmoe::queue
