#include "queue/worker/worker.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <new>

#include "config/compose/canonical.h"
#include "core/file.h"
#include "core/registry.h"
#include "core/text/number.h"
#include "data/source.h"
#include "queue/build_info.h"
#include "queue/job.h"
#include "queue/machine.h"
#include "queue/rank_place.h"
#include "queue/signals.h"
#include "queue/worker/outcome.h"
#include "queue/worker/worker_reporter.h"

namespace sinkmoe::queue {

namespace {

constexpr int kExitFailed = 1;

// Turns everything that a job can throw, except LeaseLost, into the end of an attempt.
template <class F>
RunEnd run_guarded(F&& job) {
  try {
    return job();
  } catch (const LeaseLost&) {
    throw;
  } catch (const NotFinite& e) {
    return {Outcome::diverged, e.what()};
  } catch (const Error& e) {
    return {outcome_of(e), e.what()};
  } catch (const std::bad_alloc&) {
    return {Outcome::memory, "out of memory"};
  } catch (const std::exception& e) {
    return {Outcome::internal, e.what()};
  }
}

// Compiler and flags, and the libraries of the job: what decides bits beside the processor.
std::string build_text(const JobKind& job) {
  return job.libraries ? std::string(kBuildInfo.build) + "; " + job.libraries() : kBuildInfo.build;
}

// What the run reads: its data, and the weights that it starts from.
std::vector<InputRow> inputs_of(const Attempt& a, const config::Job& job) {
  std::vector<InputRow> inputs = data::data_inputs(job.config);
  if (const config::TrainConfig& train = job.config.train; !train.init_checkpoint.empty())
    inputs.push_back({.part = "weights",
                      .name = std::filesystem::path(train.init_checkpoint).filename().string(),
                      .sha256 = train.init_hash});
  if (!job.initial_weights) return inputs;
  const std::string parent = a.store.state(job.run_id)->parent_id;
  const std::vector<store::CheckpointRow> rows = a.store.checkpoints(parent);  // final one first
  if (!rows.empty() && rows[0].final)
    inputs.push_back(
        {.part = "weights", .name = parent, .sha256 = rows[0].sha256, .bytes = rows[0].bytes});
  return inputs;
}

store::AttemptRow attempt_row(const JobKind& job, const config::RunConfig& config,
                              int64_t start_step) {
  const bool cuda = config.run.device == config::Device::cuda;
  return {.device = name_of(config.run.device),
          .processor = cuda ? gpu_name() : processor_text(),
          .threads = config.run.threads,
          .ranks = ranks_here(config.run.ranks),
          .git_commit = kBuildInfo.commit,
          .build = build_text(job),
          .git_dirty = kBuildInfo.dirty,
          .start_step = start_step};
}

int exit_code_of(Outcome outcome) {
  return outcome == Outcome::disk     ? kExitDiskFull
         : outcome == Outcome::memory ? kExitNoMemory
                                      : kExitFailed;
}

std::optional<std::filesystem::path> parent_weights(const store::Store& store,
                                                    const std::string& run_id) {
  const std::string parent = store.state(run_id)->parent_id;
  if (parent.empty()) return std::nullopt;
  std::string why;
  const auto weights = final_weights(store, parent, &why);
  if (!weights)
    throw Error(why, "run " + run_id,
                "run the same command again: the parent is then trained again");
  return weights;
}

// Checks, before a row of an earlier attempt is changed, that the data of the run are those of the
// plan. Then finds the checkpoint to resume from, starts the attempt, and reports skipped
// checkpoints.
config::Job start(const Attempt& a) {
  const std::string& run_id = a.lease.run_id;
  config::Job job{.run_id = run_id,
                  .config = config::parse_canonical(a.store.config(run_id), "run " + run_id),
                  .folder = run_folder(a.args.db, run_id),
                  .data = a.args.data};
  // The ranks of this host share what this run may use of it.
  const int64_t ranks = place_from_environment() ? 1 : job.config.run.ranks;
  if (a.args.threads > 0)
    job.config.run.threads =
        std::min(job.config.run.threads, std::max<int64_t>(1, a.args.threads / ranks));
  if (!job.data.empty())
    data::require_same_data(job.data, data::data_contents(job.config), job.config);
  ensure_writable_folder(job.folder);
  job.initial_weights = parent_weights(a.store, run_id);
  ResumePoint point = find_resume_point(a.store, run_id);
  job.resume = std::move(point.file);
  job.resume_step = point.step;
  const JobKind& kind = Registry<JobKind>::get(a.args.job);
  a.store.begin_attempt(a.lease, attempt_row(kind, job.config, job.resume_step));
  if (kind.purpose == store::Purpose::results) a.store.put_inputs(a.lease, inputs_of(a, job));
  for (const std::string& text : point.passed_over) {
    a.store.add_event(a.lease, {"checkpoint passed over", text});
    a.pipe.send({.progress = {}, .note = text});
    fmt::print(stderr, "{}\n", text);
  }
  fmt::print(stderr, "attempt {} of run {} from step {}, process {}\n", a.lease.attempt, run_id,
             job.resume_step, ::getpid());
  return job;
}

// Records how the attempt ended. Removes the files of superfluous checkpoints after their rows.
int conclude(const Attempt& a, const RunEnd& end) {
  store::FinishRules rules{.crash_limit = a.args.crash_limit};
  if (end.outcome == Outcome::done) rules.drop = superfluous(a.store, a.lease.run_id, a.args.keep);
  if (end.outcome == Outcome::diverged) a.store.add_event(a.lease, {"diverged", end.message});
  const RunStatus status = a.store.finish(a.lease, end, rules);
  remove_files(a.args.db, a.lease.run_id, rules.drop);
  fmt::print(stderr, "{}{}{}\n", name_of(status), end.message.empty() ? "" : ": ", end.message);
  return status == RunStatus::done          ? 0
         : status == RunStatus::interrupted ? kExitInterrupted
                                            : kExitFailed;
}

int make_attempt(const Attempt& a) {
  const RunEnd end = run_guarded([&] {
    const config::Job job = start(a);
    WorkerReporter reporter(a);
    const RunEnd trained =
        run_guarded([&] { return Registry<JobKind>::get(a.args.job).run(job, reporter); });
    reporter.flush();
    return trained;
  });
  return conclude(a, end);
}

// Waits for other programs that hold the database as long as it takes, but not long once a stop is requested. The
// supervisor is told every second, and the time does not count as silence of the job.
store::Patience patience(Heartbeat& heartbeat, const ReportPipe& pipe) {
  return {.seconds = std::numeric_limits<double>::infinity(),
          .go_on = [&heartbeat, &pipe, told = 0.0](double seconds) mutable {
            heartbeat.sign_of_life();
            if (seconds < told) told = 0;  // another wait
            if (seconds - told > 1) {
              told = seconds;
              pipe.send({.progress = {}, .note = {}, .held = seconds});
            }
            return StopSignals::seconds_since_request() < kLastWords_seconds;
          }};
}

// Makes the worker stop, with a checkpoint, if its supervisor dies.
void follow_supervisor(int64_t supervisor) {
  if (supervisor <= 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != supervisor) StopSignals::request();
}

}  // namespace

int worker_main(const WorkerArgs& args) {
  const StopSignals signals;
  follow_supervisor(args.supervisor);
  const ReportPipe pipe(args.pipe);
  const auto failed = [&pipe](const std::exception& e, Outcome outcome) {
    pipe.send({.progress = {}, .note = e.what()});
    fmt::print(stderr, "{}\n", e.what());
    return exit_code_of(outcome);
  };
  try {
    store::Store store(args.db, Registry<JobKind>::get(args.job).purpose);
    store.set_patience({.seconds = std::numeric_limits<double>::infinity(),
                        .go_on = [](double) { return !StopSignals::requested(); }});
    const store::ClaimRules rules{.lease_us = static_cast<int64_t>(args.lease_seconds * 1e6)};
    store::Lease lease = store.adopt(args.run_id, args.epoch, store::this_process(), rules);
    Heartbeat heartbeat(args.db, lease, {args.lease_seconds, args.stall_seconds, args.crash_limit});
    store.set_patience(patience(heartbeat, pipe));
    return make_attempt({args, store, lease, heartbeat, pipe});
  } catch (const LeaseLost& e) {
    fmt::print(stderr, "{}\n", e.what());
    return kExitFailed;
  } catch (const Error& e) {
    return failed(e, outcome_of(e));
  } catch (const std::bad_alloc& e) {
    return failed(e, Outcome::memory);
  } catch (const std::exception& e) {
    return failed(e, Outcome::internal);
  }
}

std::vector<std::string> to_arguments(const WorkerArgs& a) {
  return {a.db.string(),
          a.run_id,
          a.job,
          std::to_string(a.epoch),
          std::to_string(a.supervisor),
          std::to_string(a.pipe),
          name_of(a.keep),
          std::to_string(a.crash_limit),
          shortest(a.lease_seconds),
          shortest(a.stall_seconds),
          std::to_string(a.threads),
          a.data};
}

namespace {

template <class T>
T number(const std::string& text) {
  if (const auto value = parse_number<T>(text)) return *value;
  throw Error("'" + text + "' is not a number", "sinkmoe worker",
              "this command is started by 'sinkmoe run'");
}

}  // namespace

WorkerArgs parse_worker_arguments(const std::vector<std::string>& args) {
  if (args.size() != 12)
    throw Error("12 arguments expected", "sinkmoe worker",
                "this command is started by 'sinkmoe run'");
  WorkerArgs a{.db = args[0], .run_id = args[1], .job = args[2]};
  a.epoch = number<int64_t>(args[3]);
  a.supervisor = number<int64_t>(args[4]);
  a.pipe = number<int>(args[5]);
  a.keep = parse_name<Keep>(args[6]);
  a.crash_limit = number<int64_t>(args[7]);
  a.lease_seconds = number<double>(args[8]);
  a.stall_seconds = number<double>(args[9]);
  a.threads = number<int64_t>(args[10]);
  a.data = args[11];
  return a;
}

}  // namespace sinkmoe::queue
