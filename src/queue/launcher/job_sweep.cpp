#include "queue/launcher/job_sweep.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>

#include "config/compose/canonical.h"
#include "core/registry.h"
#include "core/text/count.h"
#include "queue/job.h"
#include "queue/signals.h"

namespace sinkmoe::queue {

namespace {

constexpr int64_t kTaskNews_us = 1'000'000;  // between two looks at what the tasks say
constexpr int kSignalPoll_ms = 100;
constexpr size_t kShownRuns = 12;

}  // namespace

SweepSummary launch(const plan::Plan& plan, const RunOptions& options,
                    const LaunchSettings& settings) {
  if (!settings.launcher.submit && !std::filesystem::exists(jobs_folder(options.db)))
    return run_experiment(plan, options);
  require_job(options.job);
  if (std::vector<Problem> problems = hindrances(plan, true); !problems.empty())
    throw Error(std::move(problems));
  const StopSignals signals;
  store::Store store = open_store(plan, options);
  JobSweep sweep(plan, options, settings, store);
  if (settings.launcher.submit) return sweep.run();
  sweep.collect_once();
  return run_stored(plan, options, store);
}

JobSweep::JobSweep(const plan::Plan& plan, const RunOptions& options,
                   const LaunchSettings& settings, store::Store& store)
    : plan_(plan),
      options_(options),
      settings_(settings),
      store_(store),
      collector_(store, options.db),
      display_(options.display) {}

void JobSweep::collect_once() {
  for (const std::string& problem : collector_.look(true).problems) display_.note(problem);
}

SweepSummary JobSweep::run() {
  collect_once();
  store_.free_dead_leases();
  std::vector<std::string> notes;
  const bool reads_data = Registry<JobKind>::get(options_.job).purpose == store::Purpose::results;
  todo_ = todo_runs(store_, plan_, {options_.retry_failed, reads_data}, notes);
  for (size_t i = 0; i < todo_.size(); ++i) places_[todo_[i].run_id] = i;
  for (const std::string& note : notes) display_.note(note);
  const auto poll_us = static_cast<int64_t>(settings_.options.poll_seconds * 1e6);
  int64_t asked_us = store::boot_clock_us() - poll_us, looked_us = 0;
  look(false);
  submit_missing();
  while (!settings_.detach) {
    const int64_t now = store::boot_clock_us();
    const bool ask = now - asked_us >= poll_us;
    if (ask || now - looked_us >= kTaskNews_us) {
      look(ask);
      looked_us = now;
      if (ask) asked_us = now;
      if (held_.empty()) break;
    }
    show();
    pollfd wake{StopSignals::wake_descriptor(), POLLIN, 0};
    ::poll(&wake, 1, kSignalPoll_ms);
    StopSignals::drain();
    if (StopSignals::requested()) break;
  }
  if (settings_.detach) look(false);
  return summary();
}

TodoRun* JobSweep::todo(const std::string& run_id) {
  const auto at = places_.find(run_id);
  return at == places_.end() ? nullptr : &todo_[at->second];
}

// Takes stock, and submits what has become possible or must go on.
void JobSweep::look(bool ask) {
  Look now = collector_.look(ask);
  for (const std::string& problem : now.problems) display_.error(problem);
  for (TodoRun& run : todo_)
    if (!run.settled) refresh(run, *store_.state(run.run_id), options_.retry_failed);
  for (const CollectedRun& run : now.collected) take_note(run);
  note_changes(now);
  held_.clear();
  for (HeldView& view : now.held)
    if (todo(view.run_id)) held_.push_back(std::move(view));
  if (now.collected.empty() || settings_.detach) return;
  submit_missing();
}

void JobSweep::take_note(const CollectedRun& collected) {
  TodoRun* run = todo(collected.run_id);
  if (!run) return;
  const store::RunState state = *store_.state(run->run_id);
  const std::string task = fmt::format("task {}_{}", collected.job, collected.task);
  if (run->status == RunStatus::done) {
    ++made_;
    return display_.note(fmt::format("done {}  {}", run->run_id, run->label));
  }
  if (run->settled || run->status == RunStatus::failed)
    return display_.error(fmt::format("{} {} ({}): {}; log: {}", name_of(run->status), run->run_id,
                                      run->label, state.message,
                                      (run_folder(options_.db, run->run_id) / "log.txt").string()));
  if (collected.state.cancelled || !collected.worked) given_up_.insert(run->run_id);
  if (collected.state.cancelled)
    display_.error(
        fmt::format("{} was cancelled: run {} waits for the next call", task, run->run_id));
  else if (!collected.worked)
    display_.error(fmt::format("{} ended ({}) without work on run {}; its log is in {}", task,
                               collected.state.text, run->run_id,
                               jobs_folder(options_.db).string()));
  else
    display_.note(fmt::format("{} ended ({}): run {} is {} and goes on in another task", task,
                              collected.state.text, run->run_id, name_of(run->status)));
}

// What a person wants to know once: a task that starts on a node, or is preempted.
void JobSweep::note_changes(const Look& now) {
  for (const HeldView& view : now.held) {
    const TodoRun* run = todo(view.run_id);
    if (!run || !view.preempted()) {
      said_.erase(view.run_id);
      continue;
    }
    if (std::string& said = said_[view.run_id]; said.empty())
      display_.note(said = fmt::format("preempted: run {} at step {}; {}", view.run_id,
                                       view.beat->progress.step, view.text()));
  }
}

bool JobSweep::wanted(const TodoRun& run) const {
  return !run.settled && !run.in_job && run.status != RunStatus::running &&
         !given_up_.contains(run.run_id);
}

// Runs to submit, parents first. A run whose parent will not be done waits.
std::vector<RunToSubmit> JobSweep::missing() const {
  std::vector<RunToSubmit> list;
  std::set<std::string> coming;
  for (const TodoRun& run : todo_) {
    if (run.in_job) coming.insert(run.run_id);
    if (!wanted(run)) continue;
    const auto parent = run.parent.empty() ? std::nullopt : store_.state(run.parent);
    if (parent && parent->status != RunStatus::done && !coming.contains(run.parent)) continue;
    const config::RunSection section =
        config::parse_canonical(store_.config(run.run_id), "run " + run.run_id).run;
    list.push_back(
        {run.run_id, run.parent, section.threads, section.device == config::Device::cuda});
    coming.insert(run.run_id);
  }
  return list;
}

// The jobs that hold the parents of these runs.
std::vector<std::string> JobSweep::jobs_before(const ArrayPlan& array) {
  std::set<std::string> parents, jobs;
  for (const auto& task : array.tasks)
    for (const std::string& run_id : task) parents.insert(todo(run_id)->parent);
  for (const HeldView& view : held_)
    if (parents.contains(view.run_id) && !view.job.empty()) jobs.insert(view.job);
  return {jobs.begin(), jobs.end()};
}

void JobSweep::submit_missing() {
  for (TodoRun& run : todo_)
    if (!run.settled) refresh(run, *store_.state(run.run_id), options_.retry_failed);
  if (StopSignals::requested()) return;
  const SubmitContext context{
      store_,
      plan_,
      options_,
      settings_.launcher,
      settings_.options,
      [this](const std::string& run_id) -> const TodoRun& { return *todo(run_id); }};
  for (const ArrayPlan& array : arrays_of(missing(), settings_.options)) {
    const Submission made = submit_array(context, array, jobs_before(array));
    for (size_t t = 0; t < made.tasks.size(); ++t)
      for (const std::string& run_id : made.tasks[t]) {
        TodoRun& run = *todo(run_id);
        ++run.starts;
        refresh(run, *store_.state(run_id), options_.retry_failed);
        held_.push_back(
            {run_id, made.folder.filename().string(), made.job, static_cast<int64_t>(t), {}, {}});
      }
    if (!made.tasks.empty())
      display_.note(fmt::format("submitted job {} with {}; script: {}", made.job,
                                counted(std::ssize(made.tasks), "task"),
                                std::filesystem::proximate(made.folder / "job.sh").string()));
  }
}

void JobSweep::show() {
  SweepLine sweep{.name = plan_.name, .total = static_cast<int64_t>(todo_.size())};
  std::vector<RunLine> lines;
  for (const HeldView& view : held_) {
    TodoRun& run = *todo(view.run_id);
    const bool works = view.beat && view.beat->status == RunStatus::running && !view.preempted();
    ++(works ? sweep.running : sweep.queued);
    if (!works || view.beat->progress.steps == 0) continue;
    const Progress& p = view.beat->progress;
    const double fraction = static_cast<double>(p.step) / static_cast<double>(p.steps);
    if (run.fraction > 0) work_made_ += std::max(0.0, fraction - run.fraction) * run.work;
    run.fraction = fraction;
    if (lines.size() < kShownRuns)
      lines.push_back({.run_id = run.run_id,
                       .label = run.label,
                       .progress = p,
                       .seconds = view.beat->seconds,
                       .first_step = view.beat->first_step,
                       .evaluated = view.beat->evaluated,
                       .flops_per_token = run.flops_per_token});
  }
  double left = 0;
  for (const TodoRun& run : todo_) {
    sweep.done += run.status == RunStatus::done;
    sweep.failed += run.settled && run.status != RunStatus::done;
    if (!run.settled) left += (1 - run.fraction) * run.work;
  }
  sweep.seconds = static_cast<double>(store::boot_clock_us() - began_us_) * 1e-6;
  if (work_made_ > 0) sweep.eta = left / work_made_ * sweep.seconds;
  display_.update(sweep, lines);
}

SweepSummary JobSweep::summary() const {
  SweepSummary s{.total = static_cast<int64_t>(todo_.size()), .made = made_};
  for (const TodoRun& run : todo_) {
    s.done += run.status == RunStatus::done;
    s.diverged += run.status == RunStatus::diverged;
    s.quarantined += run.settled && run.status == RunStatus::quarantined;
    s.failed += run.settled && run.status == RunStatus::failed;
    s.in_jobs += !run.settled && run.in_job;
    const bool waits = run.status == RunStatus::planned && !given_up_.contains(run.run_id);
    if (!run.settled && !run.in_job) ++(waits ? s.blocked : s.open);
  }
  s.interrupted = StopSignals::requested() || s.open > 0;
  s.detached = settings_.detach;
  s.seconds = static_cast<double>(store::boot_clock_us() - began_us_) * 1e-6;
  return s;
}

}  // namespace sinkmoe::queue
