#include "queue/launcher/collect.h"

#include <fmt/format.h>

#include <set>

#include "core/file.h"
#include "core/registry.h"
#include "core/text/quote.h"
#include "queue/job.h"
#include "store/merge/hand_over.h"
#include "store/merge/merge.h"

namespace sinkmoe::queue {

namespace fs = std::filesystem;

namespace {

bool is_final(RunStatus status) {
  return status == RunStatus::done || status == RunStatus::diverged ||
         status == RunStatus::failed || status == RunStatus::quarantined;
}

// The lease that a task's worker left behind when it died.
std::optional<store::Lease> left_lease(const store::Store& task, const std::string& run_id) {
  for (const store::HeldRun& held : task.held_runs())
    if (held.lease.run_id == run_id) return held.lease;
  return std::nullopt;
}

int64_t attempts_of(const fs::path& db, const std::string& run_id) {
  const Table count = store::Reader(db).query(
      "select count(*) from attempt a join run r on r.id = a.run where r.run_id = " +
      in_quotes(run_id, '\''));
  return std::get<int64_t>(count.rows.at(0)[0]);
}

// The beat of this very task; the run's folder may hold that of an earlier job.
std::optional<Beat> beat_of(const fs::path& db, const HeldView& view) {
  std::optional<Beat> beat = read_beat(run_folder(fs::absolute(db), view.run_id));
  if (beat && (beat->job != view.job || beat->task != view.task)) beat.reset();
  return beat;
}

}  // namespace

std::map<std::string, HeldView> jobs_of(const store::Reader& reader, const fs::path& db) {
  std::map<std::string, HeldView> views;
  std::map<std::string, TaskStates> states;
  const Table held = reader.query(
      "select r.run_id, l.boot, l.pid from lease l join run r on r.id = l.run where l.boot glob 'job/*'");
  for (const auto& row : held.rows) try {
      const store::Owner owner{"", to_text(row[1]), std::get<int64_t>(row[2]), 0};
      HeldView view{
          .run_id = to_text(row[0]), .folder = store::job_folder_of(owner), .task = owner.pid};
      const fs::path folder = jobs_folder(db) / view.folder;
      const std::string launcher = read_record(folder).launcher;
      view.job = job_id(folder);
      view.beat = beat_of(db, view);
      std::string why;
      if (!states.contains(launcher))
        states[launcher] = Registry<Launcher>::get(launcher).states(why).value_or(TaskStates{});
      const auto at = states[launcher].find({view.job, view.task});
      if (at != states[launcher].end()) view.state = at->second;
      views[view.run_id] = std::move(view);
    } catch (const Error&) {  // the job's folder is elsewhere
      views[to_text(row[0])] = {.run_id = to_text(row[0])};
    }
  return views;
}

std::string HeldView::text() const {
  if (job.empty()) return "being submitted";
  const std::string name = fmt::format("{}_{}", job, task);
  if (!state) return name;
  return name + " " + (preempted() ? "preempted, " : "") + state->text;
}

Look Collector::look(bool ask) {
  Look look;
  std::vector<store::HeldRun> held;
  for (store::HeldRun& run : store_.held_runs())
    if (store::is_job(run.owner)) held.push_back(std::move(run));
  for (auto& [folder, job] : jobs_) job.asked = false;
  if (ask) ask_schedulers(held, look);
  for (const store::HeldRun& run : held) visit(run, look);
  return look;
}

void Collector::ask_schedulers(const std::vector<store::HeldRun>& held, Look& look) {
  std::set<std::string> launchers;
  for (const store::HeldRun& run : held)
    if (Job* job = job_of(store::job_folder_of(run.owner), look)) {
      job->asked = !job->id.empty();
      launchers.insert(job->record.launcher);
    }
  for (const std::string& name : launchers) {
    std::string why;
    const auto states = Registry<Launcher>::get(name).states(why);
    answered_[name] = states.has_value();
    if (states) {
      if (reported_.erase(name) > 0) look.problems.push_back(name + " answers again");
      states_[name] = *states;
    } else if (!reported_[name]) {
      reported_[name] = true;
      look.problems.push_back(fmt::format(
          "{} does not answer: {}; its jobs may go on, and it is asked again", name, why));
    }
  }
}

void Collector::report(const std::string& problem, Look& look) {
  if (!reported_[problem]) look.problems.push_back(problem);
  reported_[problem] = true;
}

Collector::Job* Collector::job_of(const std::string& folder, Look& look) {
  Job& job = jobs_[folder];
  const fs::path path = jobs_folder(db_) / folder;
  try {
    if (job.record.launcher.empty()) job.record = read_record(path);
    if (job.id.empty()) job.id = job_id(path);
    return &job;
  } catch (const Error& e) {
    report(std::string(e.what()) + "; the runs that it holds stay as they are", look);
    return nullptr;
  }
}

// True if the task works on the run no more, by what the scheduler and the task itself say.
bool Collector::over(const HeldView& view, const Job& job) {
  if (view.beat && is_final(view.beat->status)) return true;
  if (!job.asked || !answered_[job.record.launcher]) return false;
  if (view.state) return view.state->phase == TaskPhase::over;
  // The scheduler knows it no more. A controller that has lost its memory does not know tasks that still work, so the task
  // must have been silent for a while too.
  if (!view.beat) return true;
  Silence& silence = silence_[view.run_id];
  const int64_t now = store::boot_clock_us();
  if (silence.count != view.beat->count) silence = {view.beat->count, now};
  return view.beat->status != RunStatus::running ||
         now - silence.since_us > static_cast<int64_t>(job.record.lease_seconds * 1e6);
}

void Collector::visit(const store::HeldRun& held, Look& look) {
  const std::string& run_id = held.lease.run_id;
  const std::string folder = store::job_folder_of(held.owner);
  const Job* job = job_of(folder, look);
  HeldView view{.run_id = run_id, .folder = folder, .task = held.owner.pid};
  if (!job) return look.held.push_back(view);
  const bool cut = job->id.empty() && store::life_of(job->record.submitter) == store::Life::dead &&
                   settle_job_id(jobs_folder(db_) / folder, kNotSubmitted);
  if (cut || job->id == kNotSubmitted) return store_.release(held.lease);
  view.job = job->id;
  view.beat = beat_of(db_, view);
  const TaskStates& states = states_[job->record.launcher];
  if (const auto at = states.find({job->id, view.task}); at != states.end())
    view.state = at->second;
  if (job->id.empty() || !over(view, *job)) return look.held.push_back(view);
  try {
    bring_back(held, view, job->record, look);
  } catch (const LeaseLost&) {  // another process was faster
  } catch (const store::StoreError& e) {
    if (e.kind() == ErrorKind::busy || e.kind() == ErrorKind::no_space) throw;
    report(fmt::format("run {} cannot be collected: {}; remove {} to have it made again", run_id,
                       e.what(), task_database(db_, run_id).string()),
           look);
    look.held.push_back(view);
  }
}

// Repeating it, after it was cut anywhere, gives the same.
void Collector::bring_back(const store::HeldRun& held, const HeldView& view,
                           const JobRecord& record, Look& look) {
  const std::string& run_id = held.lease.run_id;
  const fs::path file = task_database(db_, run_id);
  const store::Purpose purpose = Registry<JobKind>::get(record.job_kind).purpose;
  const TaskState state = view.state.value_or(TaskState{TaskPhase::over, "gone from the queue"});
  CollectedRun collected{run_id, view.job, view.task, false, state};
  if (fs::exists(file)) {
    store::require_mergeable(file, purpose);
    {
      store::Store task(file, purpose);
      if (const auto lease = left_lease(task, run_id))
        task.finish(*lease,
                    {state.text == "OUT_OF_MEMORY" ? Outcome::memory : Outcome::lost,
                     fmt::format("the task ended before its worker: {} {}", view.text(),
                                 view.state ? "" : state.text)},
                    {.worker_gone = true, .crash_limit = record.crash_limit});
    }
    collected.worked = attempts_of(file, run_id) > attempts_of(db_, run_id);
    store::copy_run(store_, file, run_id);
  }
  // Children read their parent from its task's database. The files go while the lease is held, so that they are not those of
  // the run's next task.
  if (!store_.has_children(run_id)) {
    fs::remove(file);
    fs::remove(file.parent_path() / "beat.json");
  }
  store_.release(held.lease);
  look.collected.push_back(collected);
}

}  // namespace sinkmoe::queue
