#include "queue/supervisor/supervisor.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "core/registry.h"
#include "core/text/count.h"
#include "core/text/duration.h"
#include "core/text/quote.h"
#include "queue/job.h"
#include "queue/machine.h"
#include "queue/rank_place.h"
#include "queue/signals.h"
#include "queue/supervisor/sweep_loop.h"
#include "store/sqlite/lock_holder.h"

namespace sinkmoe::queue {

namespace {

// The number of workers that the cores (or GPUs) allow if each run has its threads.
int64_t worker_count(const plan::Plan& plan, int64_t asked) {
  if (place_from_environment()) return 1;  // the ranks of a launcher take part in one run at a time
  int64_t threads = 1;
  bool cuda = false;
  for (const plan::RunSpec& spec : plan.runs) {
    threads = std::max(threads, spec.config.run.threads * spec.config.run.ranks);
    cuda = cuda || spec.config.run.device == config::Device::cuda;
  }
  const int64_t carried = cuda ? gpu_count() : usable_cores() / threads;
  const int64_t runs = std::max<int64_t>(1, static_cast<int64_t>(plan.runs.size()));
  return std::clamp<int64_t>(asked > 0 ? asked : carried, 1, runs);
}

void check(const plan::Plan& plan, const RunOptions& options) {
  require_job(options.job);
  if (std::vector<Problem> problems = hindrances(plan, false); !problems.empty())
    throw Error(std::move(problems));
}

// Waits for other programs that hold the database until a stop is requested, and says so once.
store::Patience patience_of_planning(const std::filesystem::path& db, Display::Mode mode) {
  return {.seconds = std::numeric_limits<double>::infinity(),
          .go_on = [db, mode, said = false](double waited) mutable {
            if (waited > 2 && !std::exchange(said, true)) {
              const std::string holder = store::lock_holder(db);
              Display(mode).note("waiting for " + (holder.empty() ? "a program" : holder) +
                                 ", which holds the database");
            }
            return !StopSignals::requested();
          }};
}

}  // namespace

std::vector<Problem> hindrances(const plan::Plan& plan, bool in_jobs) {
  const auto first = [&](auto&& holds) -> const plan::RunSpec* {
    for (const plan::RunSpec& spec : plan.runs)
      if (spec.config.run.device == config::Device::cuda && holds(spec)) return &spec;
    return nullptr;
  };
  std::vector<Problem> problems;
  if (const auto* spec =
          first([](const plan::RunSpec& s) { return ranks_here(s.config.run.ranks) > 1; }))
    problems.push_back({"several ranks train on CPUs only, so far", "run " + spec->run_id,
                        "give run.ranks=1, or run.device=cpu"});
  if (const auto* spec = first([&](const plan::RunSpec&) { return !in_jobs && gpu_count() == 0; }))
    problems.push_back({"run.device is cuda, but this computer has no NVIDIA GPU",
                        "run " + spec->run_id,
                        "use run.device=cpu, or run it where /dev/nvidia0 is"});
  return problems;
}

int SweepSummary::exit_code() const {
  if (interrupted && open > 0) return kExitInterrupted;
  if (in_jobs > 0 && done + in_jobs == total) return detached ? 0 : kExitInterrupted;
  return done == total ? 0 : 1;
}

void require_job(const std::string& job) {
  if (job == "train" && !can_train())
    throw Error("this program was built without training", "",
                "build it with LibTorch: scripts/build.sh");
  Registry<JobKind>::get(job);
}

store::Store open_store(const plan::Plan& plan, const RunOptions& options) {
  store::Store store(options.db, Registry<JobKind>::get(options.job).purpose);
  store.set_patience(patience_of_planning(options.db, options.display));
  store.put_experiment(experiment_row(plan), options.other_list);
  return store;
}

SweepSummary run_experiment(const plan::Plan& plan, const RunOptions& options) {
  check(plan, options);
  const StopSignals signals;
  store::Store store = open_store(plan, options);
  return run_stored(plan, options, store);
}

SweepSummary run_stored(const plan::Plan& plan, const RunOptions& options, store::Store& store) {
  check(plan, options);
  return SweepLoop(plan, options, store, worker_count(plan, options.workers)).run();
}

std::string to_text(const SweepSummary& s, const plan::Plan& plan,
                    const std::filesystem::path& db) {
  std::string text =
      fmt::format("{}: {} of {} done ({} now)", plan.name, s.done, counted(s.total, "run"), s.made);
  const std::pair<int64_t, const char*> parts[] = {{s.failed, "failed"},
                                                   {s.diverged, "diverged"},
                                                   {s.quarantined, "quarantined"},
                                                   {s.blocked, "waiting for a run that failed"},
                                                   {s.in_jobs, "in jobs of the scheduler"},
                                                   {s.open - s.not_started, "interrupted"},
                                                   {s.not_started, "not started"}};
  for (const auto& [count, what] : parts)
    if (count > 0) text += fmt::format(", {} {}", count, what);
  text += fmt::format(", in {}\n", clock_text(s.seconds));
  if (s.in_jobs > 0)
    return text +
           "next: 'sinkmoe run' with --launcher on the same experiment follows the jobs and collects them";
  if (s.open > 0)
    return text +
           "next: the same command goes on; interrupted runs continue from their checkpoints";
  const std::string program =
      db == store::kDefaultDatabase ? "sinkmoe " : "sinkmoe --db " + shell_word(db.string()) + " ";
  if (s.done == s.total) return text + "next: " + program + "report";
  const bool again = s.failed + s.quarantined > 0;
  return text + "next: " + program + "status " + shell_word(plan.name) +
         (again ? ", then the same command with --retry-failed" : "");
}

}  // namespace sinkmoe::queue
