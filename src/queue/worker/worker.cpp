#include "queue/worker/worker.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <new>

#include "config/compose/canonical.h"
#include "core/file.h"
#include "core/registry.h"
#include "core/text.h"
#include "queue/build_info.h"
#include "queue/machine.h"
#include "queue/signals.h"
#include "queue/worker/outcome.h"
#include "queue/worker/worker_context.h"

namespace sinkmoe::queue {

namespace {

constexpr int kExitFailed = 1;

store::Ending failed(const std::string& outcome, const std::string& message) {
  return {"failed", outcome, message, {}};
}

store::Ending ending_of(const Result& result) {
  switch (result.outcome) {
    case Outcome::done:
      return {"done", "done", result.message, {}};
    case Outcome::interrupted:
      return {"interrupted", "interrupted", result.message, {}};
    case Outcome::diverged:
      return {"diverged", "diverged", result.message, {}};
  }
  return failed("assert", "the body returned no outcome");
}

// Everything that a body can throw but Fenced, as the end of an attempt.
template <class F>
store::Ending run_guarded(F&& body) {
  try {
    return ending_of(body());
  } catch (const Fenced&) {
    throw;
  } catch (const store::LeaseLost&) {
    throw Fenced();
  } catch (const store::NonFinite& e) {
    return {"diverged", "diverged", e.what(), {}};
  } catch (const Error& e) {
    return failed(outcome_of(e), e.what());
  } catch (const std::bad_alloc&) {
    return failed("oom", "out of memory");
  } catch (const std::exception& e) {
    return failed("assert", e.what());
  }
}

store::AttemptRow attempt_row(const config::RunConfig& config, int64_t start_step) {
  const bool cuda = config.run.device == config::Device::cuda;
  return {.device = name_of(config.run.device),
          .processor = cuda ? gpu_name() : processor_name(),
          .threads = config.run.threads,
          .git_commit = kBuildInfo.commit,
          .build = kBuildInfo.build,
          .git_dirty = kBuildInfo.dirty,
          .start_step = start_step};
}

int exit_code_of(const std::exception& e) {
  if (dynamic_cast<const std::bad_alloc*>(&e)) return kExitNoMemory;
  const auto* error = dynamic_cast<const Error*>(&e);
  const std::string outcome = error ? outcome_of(*error) : "";
  return outcome == "disk" ? kExitDiskFull : outcome == "oom" ? kExitNoMemory : kExitFailed;
}

struct Attempt {
  const WorkerArgs& args;
  store::Store& store;
  store::Lease& lease;
  VitalSigns& vital;
  const ReportPipe& pipe;
};

std::optional<std::filesystem::path> parent_weights(const store::Store& store,
                                                    const std::string& run_id) {
  const std::string parent = store.state(run_id)->parent_id;
  if (parent.empty()) return std::nullopt;
  std::string why;
  const auto weights = final_weights(store, parent, &why);
  if (!weights)
    throw Error(why, "run " + run_id, "run the same command again: the parent is then made anew");
  return weights;
}

// Finds where to go on, starts the attempt and says what was passed over on the way.
Job start(const Attempt& a) {
  const std::string& run_id = a.lease.run_id;
  Job job{.run_id = run_id,
          .config = config::parse_canonical(a.store.config(run_id), "run " + run_id)};
  if (a.args.threads > 0) job.config.run.threads = std::min(job.config.run.threads, a.args.threads);
  job.folder = run_folder(a.args.db, run_id);
  ensure_writable_folder(job.folder);
  job.parent_weights = parent_weights(a.store, run_id);
  const ResumePoint point = find_resume_point(a.store, run_id);
  if (point.checkpoint) {
    job.resume = job.folder / point.checkpoint->path;
    job.resume_step = point.checkpoint->step;
  }
  a.store.begin_attempt(a.lease, attempt_row(job.config, job.resume_step));
  for (const std::string& text : point.passed_over) {
    a.store.add_event(a.lease, {"checkpoint passed over", text});
    a.pipe.send({.progress = {}, .note = text});
    fmt::print(stderr, "{}\n", text);
  }
  fmt::print(stderr, "attempt {} of run {} from step {}, process {}\n", a.lease.attempt, run_id,
             job.resume_step, ::getpid());
  return job;
}

// How the attempt went, recorded. Files of superfluous checkpoints go after their rows.
std::string conclude(const Attempt& a, store::Ending ending) {
  if (ending.status == "done") ending.drop = superfluous(a.store, a.lease.run_id, a.args.keep);
  if (ending.status == "diverged") a.store.add_event(a.lease, {"diverged", ending.message});
  const std::string status = a.store.finish(a.lease, ending, a.args.crash_limit);
  remove_files(run_folder(a.args.db, a.lease.run_id), ending.drop);
  fmt::print(stderr, "{}{}{}\n", status, ending.message.empty() ? "" : ": ", ending.message);
  return status;
}

int make_attempt(const Attempt& a) {
  store::Ending ending = run_guarded([&] {
    const BodyKind& kind = Registry<BodyKind>::get(a.args.body);
    const Job job = start(a);
    WorkerContext context({a.store, a.lease, a.vital, a.pipe, a.args.keep});
    return kind.body(job, context);
  });
  const std::string status = conclude(a, std::move(ending));
  return status == "done" ? 0 : status == "interrupted" ? kExitInterrupted : kExitFailed;
}

// The worker stops, with a checkpoint, when its supervisor dies.
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
  try {
    store::Store store(args.db, Registry<BodyKind>::get(args.body).purpose);
    const store::ClaimRules rules{.lease_us = static_cast<int64_t>(args.lease_seconds * 1e6)};
    store::Lease lease = store.adopt(args.run_id, args.epoch, store::this_process(), rules);
    VitalSigns vital(args.db, lease, {args.lease_seconds, args.stall_seconds, args.crash_limit},
                     pipe);
    return make_attempt({args, store, lease, vital, pipe});
  } catch (const store::LeaseLost& e) {
    fmt::print(stderr, "{}\n", e.what());
  } catch (const Fenced& e) {
    fmt::print(stderr, "{}\n", e.what());
  } catch (const std::exception& e) {
    pipe.send({.progress = {}, .note = e.what()});
    fmt::print(stderr, "{}\n", e.what());
    return exit_code_of(e);
  }
  return kExitFailed;
}

std::vector<std::string> to_arguments(const WorkerArgs& a) {
  return {a.db.string(),
          a.run_id,
          a.body,
          std::to_string(a.epoch),
          std::to_string(a.supervisor),
          std::to_string(a.pipe),
          to_string(a.keep),
          std::to_string(a.crash_limit),
          shortest(a.lease_seconds),
          shortest(a.stall_seconds),
          std::to_string(a.threads)};
}

namespace {

template <class T>
T number(const std::string& text) {
  T value{};
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size())
    throw Error("'" + text + "' is no number", "sinkmoe worker",
                "this command is started by 'sinkmoe run'");
  return value;
}

}  // namespace

WorkerArgs parse_worker_arguments(const std::vector<std::string>& args) {
  if (args.size() != 11)
    throw Error("11 arguments expected", "sinkmoe worker",
                "this command is started by 'sinkmoe run'");
  WorkerArgs a{.db = args[0], .run_id = args[1], .body = args[2]};
  a.epoch = number<int64_t>(args[3]);
  a.supervisor = number<int64_t>(args[4]);
  a.pipe = number<int>(args[5]);
  a.keep = parse_keep(args[6]);
  a.crash_limit = number<int64_t>(args[7]);
  a.lease_seconds = number<double>(args[8]);
  a.stall_seconds = number<double>(args[9]);
  a.threads = number<int64_t>(args[10]);
  return a;
}

}  // namespace sinkmoe::queue
