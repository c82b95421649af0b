#include "queue/launcher/submit.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "core/file.h"
#include "core/registry.h"
#include "queue/job.h"
#include "store/merge/hand_over.h"

namespace sinkmoe::queue {

namespace fs = std::filesystem;

namespace {

// A fresh database for the run, with what is stored of it, and its parent if that is done.
void hand_out(const SubmitContext& c, const TodoRun& run) {
  const fs::path db = task_database(c.options.db, run.run_id);
  ensure_writable_folder(db.parent_path());
  for (const char* ending : {"", "-journal"}) fs::remove(db.string() + ending);
  fs::remove(db.parent_path() / "beat.json");
  store::Store task(db, Registry<JobKind>::get(c.options.job).purpose);
  store::copy_run(task, c.options.db, run.run_id);
  if (run.parent.empty()) return;
  const auto parent = c.store.state(run.parent);
  if (parent && parent->status == RunStatus::done) store::copy_run(task, c.options.db, run.parent);
}

// The runs that the job now holds; others were taken by another process.
std::vector<store::Lease> take(const SubmitContext& c, const fs::path& folder,
                               std::vector<std::vector<std::string>>& tasks) {
  std::vector<store::Lease> leases;
  const store::ClaimRules rules{.lease_us = store::kJobLease_us,
                                .retry_failed = c.options.retry_failed,
                                .parent_later = true};
  for (size_t t = 0; t < tasks.size(); ++t)
    std::erase_if(tasks[t], [&](const std::string& run_id) {
      const std::string one[] = {run_id};
      const auto owner = store::job_owner(folder.filename().string(), static_cast<int64_t>(t));
      const auto lease = c.store.claim(one, owner, rules);
      if (lease) leases.push_back(*lease);
      return !lease;
    });
  return leases;
}

JobRecord record_of(const SubmitContext& c, const std::vector<std::vector<std::string>>& tasks) {
  JobRecord record{.launcher = c.launcher.name,
                   .experiment = c.plan.name,
                   .job_kind = c.options.job,
                   .db = fs::absolute(c.options.db),
                   .tasks = tasks,
                   .submitter = store::this_process(),
                   .keep = c.options.keep,
                   .retry_failed = c.options.retry_failed,
                   .crash_limit = c.options.crash_limit,
                   .lease_seconds = c.options.lease_seconds,
                   .stall_seconds = c.options.stall_seconds};
  for (const auto& task : tasks)
    for (const std::string& run_id : task) {
      record.data.emplace_back(run_id, c.run(run_id).data);
      // The weights from which a child starts stay; a task's own database does not know of children.
      if (record.keep == Keep::none && c.store.has_children(run_id)) record.keep = Keep::final;
    }
  return record;
}

// The program that people start; this process may continue as its form with LibTorch.
fs::path this_program() {
  const fs::path self = fs::read_symlink("/proc/self/exe"), plain = self.parent_path() / "sinkmoe";
  return self.filename() == "sinkmoe_torch" && fs::exists(plain) ? plain : self;
}

bool empty(const std::vector<std::vector<std::string>>& tasks) {
  return std::all_of(tasks.begin(), tasks.end(), [](const auto& task) { return task.empty(); });
}

}  // namespace

std::vector<ArrayPlan> arrays_of(const std::vector<RunToSubmit>& runs,
                                 const LauncherOptions& options) {
  std::map<std::string, int64_t> generation;
  std::map<std::tuple<int64_t, bool, int64_t>, std::vector<std::string>> alike;
  for (const RunToSubmit& run : runs) {
    const auto parent = generation.find(run.parent);
    const int64_t g = parent == generation.end() ? 0 : parent->second + 1;
    generation[run.run_id] = g;
    alike[{g, run.cuda, run.threads}].push_back(run.run_id);
  }
  std::vector<ArrayPlan> arrays;
  for (const auto& [key, ids] : alike) {
    const auto [g, cuda, threads] = key;
    const auto pack = static_cast<size_t>(options.pack),
               most = static_cast<size_t>(options.array_size);
    for (size_t at = 0; at < ids.size();) {
      ArrayPlan array{.generation = g, .threads = threads, .cuda = cuda};
      for (; at < ids.size() && array.tasks.size() < most; at += pack)
        array.tasks.emplace_back(
            ids.begin() + static_cast<std::ptrdiff_t>(at),
            ids.begin() + static_cast<std::ptrdiff_t>(std::min(at + pack, ids.size())));
      arrays.push_back(std::move(array));
    }
  }
  return arrays;
}

ArrayJob array_job(const ArrayPlan& array, const LauncherOptions& options,
                   const std::string& experiment, const fs::path& folder) {
  return {.experiment = experiment,
          .folder = folder,
          .program = this_program(),
          .workdir = fs::current_path(),
          .tasks = array.tasks,
          .cpus = options.cpus_per_task > 0 ? options.cpus_per_task : array.threads,
          .gpus = options.gpus_per_task > 0 ? options.gpus_per_task
                  : array.cuda              ? 1
                                            : 0};
}

Submission submit_array(const SubmitContext& c, const ArrayPlan& array,
                        const std::vector<std::string>& after) {
  Submission made{.folder = make_job_folder(c.options.db, c.plan.name), .tasks = array.tasks};
  // The record is there before the first run is held, so that a submission that is cut can be taken back.
  write_record(made.folder, record_of(c, made.tasks));
  std::vector<store::Lease> leases = take(c, made.folder, made.tasks);
  try {
    if (empty(made.tasks)) {
      fs::remove_all(made.folder);
      made.tasks.clear();
      return made;
    }
    write_record(made.folder, record_of(c, made.tasks));
    for (const store::Lease& lease : leases) hand_out(c, c.run(lease.run_id));
    const fs::path script = made.folder / "job.sh";
    ArrayPlan taken = array;
    taken.tasks = made.tasks;
    write_file_atomic(
        script, c.launcher.script(array_job(taken, c.launcher_options, c.plan.name, made.folder),
                                  c.launcher_options));
    made.job = c.launcher.submit(script, after);
    if (!settle_job_id(made.folder, made.job)) {
      c.launcher.cancel(made.job);
      throw Error("another process took the submission back", made.folder.string(),
                  "run the command again");
    }
  } catch (...) {
    if (made.job.empty()) settle_job_id(made.folder, kNotSubmitted);
    for (const store::Lease& lease : leases) c.store.release(lease);
    throw;
  }
  return made;
}

}  // namespace sinkmoe::queue
