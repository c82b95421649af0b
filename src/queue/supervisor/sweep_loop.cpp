#include "queue/supervisor/sweep_loop.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "core/file.h"
#include "core/registry.h"
#include "core/text/duration.h"
#include "queue/job.h"
#include "queue/signals.h"
#include "queue/worker/outcome.h"
#include "store/read/measured_speed.h"

namespace sinkmoe::queue {

namespace {

constexpr int kPoll_ms = 100;
constexpr int64_t kScan_us = 1'000'000;  // how often the runs of other processes are checked

// 0: it was not measured, or the database is busy: it is only shown.
double product_flops(const std::filesystem::path& db, const std::string& run_id) try {
  return store::matrix_product_speed(store::Reader(db), run_id).value_or(0);
} catch (const Error&) {
  return 0;
}

}  // namespace

SweepLoop::SweepLoop(const plan::Plan& plan, const RunOptions& options, store::Store& store,
                     int64_t workers)
    : plan_(plan),
      options_(options),
      store_(store),
      slots_(workers),
      rules_{static_cast<int64_t>(options.lease_seconds * 1e6), options.retry_failed},
      display_(options.display) {
  oom_kills_ = oom_kills();
  free_dead();
  std::vector<std::string> notes;
  const bool reads_data = Registry<JobKind>::get(options.job).purpose == store::Purpose::results;
  todo_ = todo_runs(store_, plan, {options.retry_failed, reads_data}, notes);
  for (const std::string& note : notes) display_.note(note);
}

SweepSummary SweepLoop::run() {
  store_.set_patience({.seconds = std::numeric_limits<double>::infinity(),
                       .go_on = [this](double waited) { return go_on(waited); }});
  try {
    work();
  } catch (const store::StoreError& e) {
    if (e.kind() == ErrorKind::bad_input || e.kind() == ErrorKind::statement) throw;
    give_up(e);
  }
  return summary();
}

void SweepLoop::work() {
  while (true) {
    held_ = 0;
    notice_own_sleep();
    end_stopped();
    listen();
    if (StopSignals::requested()) stop_workers();
    fill();
    if (active_.empty() && (stopping_ || nothing_left())) break;
    show();
    wait();
  }
}

void SweepLoop::listen() {
  read_reports();
  for (auto it = active_.begin(); it != active_.end();) {
    const std::optional<int> status = it->process.ended();
    if (status) {
      read_reports();  // its last words
      collect(*it, *status);
    }
    it = status ? active_.erase(it) : std::next(it);
  }
}

// Handles the end of a worker. If it could not record how its attempt ended, records it.
void SweepLoop::collect(ActiveRun& active, int wait_status) {
  TodoRun& run = todo_[active.todo];
  auto state = store_.state(run.run_id);
  if (state->owner) {
    const int64_t kills = oom_kills();
    const RunEnd end = explain_death(wait_status, kills > oom_kills_);
    oom_kills_ = kills;
    try {
      store_.finish(active.lease, end, {.worker_gone = true, .crash_limit = options_.crash_limit});
    } catch (const LeaseLost&) {  // another supervisor has taken over the run
    }
    state = store_.state(run.run_id);
  }
  refresh(run, *state, options_.retry_failed);
  if (run.status == RunStatus::done) {
    ++made_;
    display_.note(fmt::format(
        "done {} in {}: {} {:.4f}  {}", run.run_id,
        clock_text(static_cast<double>(store::boot_clock_us() - active.started_us) * 1e-6),
        run.evaluates ? "loss of the evaluation" : "last batch loss", active.line.progress.loss,
        run.label));
  } else if (run.status != RunStatus::interrupted && run.status != RunStatus::running) {
    settle_failure(run, *state);
  }
  next_scan_us_ = 0;
}

void SweepLoop::settle_failure(TodoRun& run, const store::RunState& state) {
  const bool again = !run.settled && state.crashes > 0;
  // 0.5 s, 2 s, 8 s, ...: gives the cause time to pass.
  const double pause =
      0.5 * static_cast<double>(int64_t{1} << (2 * std::clamp<int64_t>(state.crashes - 1, 0, 5)));
  if (again) run.not_before_us = store::boot_clock_us() + static_cast<int64_t>(pause * 1e6);
  display_.error(fmt::format("{} {} ({}): {}; log: {}{}", name_of(run.status), run.run_id,
                             run.label, state.message, log_of(run.run_id),
                             again ? "; tried again" : ""));
  if (state.cause == Outcome::disk) {
    display_.error(
        "the disk is full: the sweep stops here; free some space and run the same command again");
    stop_workers();
  } else if (run.settled && options_.stop_on_failure) {
    stop_workers();
  }
}

void SweepLoop::free_dead() {
  for (const std::string& run_id : store_.free_dead_leases(rules_.lease_us / 2)) {
    const auto state = store_.state(run_id);
    if (state && state->status == RunStatus::lost)
      display_.note("lost " + run_id + ": " + state->message + "; it will be resumed");
    for (ActiveRun& active : active_)
      if (active.lease.run_id == run_id)
        active.process.signal(SIGKILL);  // it cannot write any more
  }
}

void SweepLoop::fill() {
  const int64_t now = store::boot_clock_us();
  if (stopping_ || now < next_scan_us_) return;
  next_scan_us_ = now + kScan_us;
  free_dead();
  while (static_cast<int64_t>(active_.size()) < slots_ && start_one()) {
  }
}

bool SweepLoop::start_one() {
  std::vector<std::string> candidates;
  for (const TodoRun& w : todo_) {
    const bool here = std::any_of(active_.begin(), active_.end(), [&](const ActiveRun& active) {
      return active.lease.run_id == w.run_id;
    });
    if (!w.settled && !here && w.not_before_us <= store::boot_clock_us())
      candidates.push_back(w.run_id);
  }
  if (candidates.empty()) return false;
  const auto lease = store_.claim(candidates, self_, rules_);
  if (!lease) return false;
  const auto at = std::find_if(todo_.begin(), todo_.end(),
                               [&](const TodoRun& w) { return w.run_id == lease->run_id; });
  ++at->starts;
  try {
    start_worker(static_cast<size_t>(at - todo_.begin()), *lease);
  } catch (const store::StoreError&) {
    throw;
  } catch (const Error& e) {  // no folder, no process
    store_.finish(*lease, {outcome_of(e), e.what()}, {.crash_limit = options_.crash_limit});
    const store::RunState state = *store_.state(lease->run_id);
    refresh(*at, state, options_.retry_failed);
    settle_failure(*at, state);
  }
  return true;
}

void SweepLoop::start_worker(size_t todo, const store::Lease& lease) {
  ensure_writable_folder(run_folder(options_.db, lease.run_id));
  const WorkerArgs args{.db = std::filesystem::absolute(options_.db),
                        .run_id = lease.run_id,
                        .job = options_.job,
                        .epoch = lease.epoch,
                        .keep = options_.keep,
                        .crash_limit = options_.crash_limit,
                        .lease_seconds = options_.lease_seconds,
                        .stall_seconds = options_.stall_seconds,
                        .threads = std::max<int64_t>(1, usable_cores() / slots_),
                        .data = todo_[todo].data};
  const int64_t slot = free_slot();
  const std::string gpu = gpus_.empty() ? "" : gpus_[static_cast<size_t>(slot) % gpus_.size()];
  active_.push_back({todo, lease, WorkerProcess(args, log_of(lease.run_id), gpu), slot,
                     store::boot_clock_us(),
                     RunLine{.run_id = lease.run_id,
                             .label = todo_[todo].label,
                             .evaluates = todo_[todo].evaluates,
                             .flops_per_token = todo_[todo].flops_per_token}});
}

int64_t SweepLoop::free_slot() const {
  int64_t slot = 0;
  while (std::any_of(active_.begin(), active_.end(),
                     [&](const ActiveRun& w) { return w.slot == slot; }))
    ++slot;
  return slot;
}

void SweepLoop::stop_workers() {
  if (stopping_) return;
  stopping_ = true;
  if (!active_.empty()) display_.note("stopping: the runs write a checkpoint first");
  for (ActiveRun& active : active_) active.process.signal(SIGTERM);
}

// True if no run can become runnable: all are settled or left to a job of a scheduler, or wait for a parent of that kind.
bool SweepLoop::nothing_left() {
  bool waiting = false;
  std::set<std::string> hopeless, in_jobs;
  elsewhere_ = 0;
  for (TodoRun& w : todo_) {
    if (!w.settled) refresh(w, *store_.state(w.run_id), options_.retry_failed);
    w.in_job = !w.settled && (w.in_job || in_jobs.contains(w.parent));
    if (w.in_job)
      in_jobs.insert(w.run_id);
    else if ((w.settled && w.status != RunStatus::done) || hopeless.contains(w.parent))
      hopeless.insert(w.run_id);
    else if (!w.settled)
      waiting = true;
    if (w.status == RunStatus::running) ++elsewhere_;
  }
  return !waiting;
}

void SweepLoop::show() {
  SweepLine sweep{.name = plan_.name, .total = static_cast<int64_t>(todo_.size())};
  double left = 0;
  for (const TodoRun& w : todo_) {
    sweep.done += w.status == RunStatus::done;
    sweep.failed += w.settled && w.status != RunStatus::done;
    if (!w.settled) left += (1 - w.fraction) * w.work;
  }
  const int64_t now = store::boot_clock_us();
  sweep.running = static_cast<int64_t>(active_.size());
  sweep.elsewhere = elsewhere_;
  sweep.seconds = static_cast<double>(now - began_us_) * 1e-6;
  if (work_made_ > 0) sweep.eta = left / work_made_ * sweep.seconds;
  notice_hold(sweep);
  std::vector<RunLine> lines;
  for (ActiveRun& active : active_) {
    active.line.seconds = static_cast<double>(now - active.started_us) * 1e-6;
    if (active.line.progress.step > 0 && !std::exchange(active.product_asked, true))
      active.line.product_flops = product_flops(options_.db, active.lease.run_id);
    lines.push_back(active.line);
  }
  display_.update(sweep, lines);
  if (options_.watch) options_.watch(lines);
}

void SweepLoop::wait() const {
  std::vector<pollfd> watched{{StopSignals::wake_descriptor(), POLLIN, 0}};
  for (const ActiveRun& active : active_)
    watched.push_back({active.process.descriptor(), POLLIN, 0});
  ::poll(watched.data(), watched.size(), kPoll_ms);
  StopSignals::drain();
}

SweepSummary SweepLoop::summary() const {
  SweepSummary s{.total = static_cast<int64_t>(todo_.size()), .made = made_};
  for (const TodoRun& w : todo_) {
    s.done += w.status == RunStatus::done;
    s.diverged += w.status == RunStatus::diverged;
    s.quarantined += w.settled && w.status == RunStatus::quarantined;
    s.failed += w.settled && w.status == RunStatus::failed;
    s.open += !w.settled && !w.in_job;
    s.in_jobs += w.in_job;
    s.not_started += !w.settled && !w.in_job && w.status == RunStatus::planned;
  }
  s.interrupted = StopSignals::requested();
  if (!stopping_) s.blocked = std::exchange(s.open, 0), s.not_started = 0;
  s.seconds = static_cast<double>(store::boot_clock_us() - began_us_) * 1e-6;
  return s;
}

}  // namespace sinkmoe::queue
