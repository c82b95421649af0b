#include "queue/launcher/task.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <iostream>

#include "config/compose/canonical.h"
#include "core/registry.h"
#include "queue/job.h"
#include "queue/launcher/job_folder.h"
#include "queue/launcher/launcher.h"
#include "queue/signals.h"
#include "queue/supervisor/supervisor.h"
#include "store/merge/hand_over.h"

namespace sinkmoe::queue {

namespace fs = std::filesystem;

namespace {

constexpr int64_t kBeat_us = 2'000'000;
constexpr int kRecordWait_ms = 60'000;  // the job may start before its number is recorded

// Only the recorded job works, so that a submission that was cut, or taken back, has no effect.
void require_recorded(const fs::path& folder, const TaskIdentity& self) {
  for (int waited = 0;
       waited < kRecordWait_ms && job_id(folder).empty() && !StopSignals::requested();
       waited += 100)
    ::poll(nullptr, 0, 100);
  const std::string recorded = job_id(folder);
  if (recorded != self.job)
    throw Error(fmt::format("this is job {}, recorded is {}", self.job,
                            recorded.empty() ? "none" : recorded),
                folder.string(), "the command that submits jobs starts its tasks");
}

// The parent's row and final weights, which its own task has stored since this job was submitted.
bool fetch_parent(store::Store& store, const fs::path& db, const std::string& parent) {
  if (parent.empty()) return true;
  const auto done = [&] {
    const auto state = store.state(parent);
    return state && state->status == RunStatus::done;
  };
  if (!done() && fs::exists(task_database(db, parent)))
    store::copy_run(store, task_database(db, parent), parent);
  return done();
}

class BeatWriter {
 public:
  BeatWriter(const fs::path& folder, const TaskIdentity& self) : folder_(folder) {
    beat_.job = self.job;
    beat_.task = self.task;
    beat_.host = store::this_process().host;
    beat_.status = RunStatus::running;
    if (const auto before = read_beat(folder)) beat_.count = before->count;
  }
  void running(const std::vector<RunLine>& lines) {
    const int64_t now = store::boot_clock_us();
    if (now < next_us_) return;
    next_us_ = now + kBeat_us;
    if (!lines.empty()) {
      beat_.progress = lines[0].progress;
      beat_.seconds = lines[0].seconds;
      beat_.first_step = lines[0].first_step;
      beat_.evaluated = lines[0].evaluated;
    }
    write();
  }
  void left(RunStatus status) {
    beat_.status = status;
    write();
  }

 private:
  // A beat that cannot be written is no reason to stop: the next one may be.
  void write() try {
    ++beat_.count;
    write_beat(folder_, beat_);
  } catch (const Error& e) {
    fmt::print(stderr, "{}\n", e.what());
  }

  fs::path folder_;
  Beat beat_;
  int64_t next_us_ = 0;
};

// One run as a plan, from its task's database.
plan::Plan plan_of(const store::Store& store, const JobRecord& record, const std::string& run_id) {
  const store::RunState state = *store.state(run_id);
  plan::Plan plan{.name = record.experiment};
  plan::RunSpec spec;
  spec.config = config::parse_canonical(store.config(run_id), "run " + run_id);
  spec.run_id = run_id;
  spec.parent = state.parent_id;
  spec.label = state.label;
  for (const auto& [run, data] : record.data)
    if (run == run_id) spec.data = data;
  plan.runs.push_back(std::move(spec));
  return plan;
}

RunStatus make_run(const JobRecord& record, const std::string& run_id, BeatWriter& beats) {
  const fs::path db = task_database(record.db, run_id);
  store::Store store(db, Registry<JobKind>::get(record.job_kind).purpose);
  if (!fetch_parent(store, record.db, store.state(run_id)->parent_id)) {
    fmt::print(stderr, "run {}: its parent is not done\n", run_id);
    return store.state(run_id)->status;
  }
  const RunOptions options{
      .db = db,
      .job = record.job_kind,
      .workers = 1,
      .retry_failed = record.retry_failed,
      .keep = record.keep,
      .crash_limit = record.crash_limit,
      .lease_seconds = record.lease_seconds,
      .stall_seconds = record.stall_seconds,
      .display = Display::Mode::plain,
      .watch = [&](const std::vector<RunLine>& lines) { beats.running(lines); }};
  const plan::Plan plan = plan_of(store, record, run_id);
  const SweepSummary summary = run_stored(plan, options, store);
  fmt::print("run {}: {}\n", run_id, name_of(store.state(run_id)->status));
  std::cout.flush();
  return summary.done == summary.total ? RunStatus::done : store.state(run_id)->status;
}

}  // namespace

int task_main(const fs::path& folder) {
  const JobRecord record = read_record(folder);
  const Launcher& launcher = Registry<Launcher>::get(record.launcher);
  const auto self = launcher.identity ? launcher.identity() : std::nullopt;
  if (!self || self->task < 0 || self->task >= static_cast<int64_t>(record.tasks.size()))
    throw Error("this is not a task of the job", folder.string(),
                "the batch script of the job starts it");
  const StopSignals signals;
  require_recorded(folder, *self);
  bool failed = false;
  for (const std::string& run_id : record.tasks[static_cast<size_t>(self->task)]) {
    if (StopSignals::requested()) break;
    // A run that was collected has no database any more: this task was queued again for the others.
    if (!fs::exists(task_database(record.db, run_id))) continue;
    BeatWriter beats(run_folder(record.db, run_id), *self);
    beats.running({});
    const RunStatus status = make_run(record, run_id, beats);
    beats.left(status);
    failed = failed || (status != RunStatus::done && status != RunStatus::interrupted);
  }
  if (!StopSignals::requested()) return failed ? 1 : 0;
  if (StopSignals::number() == SIGUSR1) launcher.requeue(*self);
  return kExitInterrupted;
}

}  // namespace sinkmoe::queue
