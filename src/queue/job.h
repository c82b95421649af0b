// The seam between the queue and training: the queue knows leases, signals and retries; the body
// knows how to train.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "config/run_config.h"
#include "core/metric.h"
#include "store/sqlite/database_file.h"

namespace sinkmoe::queue {

// One attempt at one run, as handed to the body.
struct Job {
  std::string run_id;
  config::RunConfig config;
  // runs/<run_id>/ beside the database: checkpoints and final weights
  std::filesystem::path folder;
  std::optional<std::filesystem::path> resume;  // newest checkpoint whose hash was checked
  int64_t resume_step = 0;
  std::optional<std::filesystem::path> parent_weights;  // final weights of the init_from run
};

// One line of live state.
struct Progress {
  int64_t step = 0, steps = 0;
  double loss = 0, tokens_per_second = 0, head_cv = 0,
         sink_rate = 0;  // head_cv, sink_rate: of the last evaluation
};

// What the body may ask of the queue. All calls throw Fenced when the lease has moved on: the body
// then just unwinds. Every call is a sign of life: without one for max(300 s, 20 x the median step)
// the run is ended as stalled, so a long evaluation calls progress() or stop_requested() now and
// then. Commit the rows of step s before the checkpoint of step s: an attempt that resumes there
// keeps rows up to s and removes the ones beyond. Calls come from one thread.
class JobContext {
 public:
  virtual ~JobContext() = default;
  virtual void describe(const std::vector<MetricInfo>& metrics) = 0;
  // Rows are committed together and at once (one transaction). A value that is not finite ends the
  // run as diverged: the call throws and nothing of the batch is written.
  virtual void metrics(const std::vector<MetricRow>& rows) = 0;
  virtual void histograms(const std::vector<HistogramRow>& rows) = 0;
  virtual void event(const EventRow& event) = 0;
  // The file is complete, synced and renamed; after this call it counts.
  // `final` marks final weights.
  virtual void checkpoint(int64_t step, const std::filesystem::path& file, bool final) = 0;
  virtual void progress(const Progress& progress) = 0;
  virtual bool stop_requested()
      const = 0;  // asked for by SIGTERM, SIGINT, SIGUSR1: checkpoint and return interrupted
};

struct Fenced : std::exception {
  const char* what() const noexcept override { return "the lease of this run has moved on"; }
};

enum class Outcome { done, interrupted, diverged };

struct Result {
  Outcome outcome = Outcome::done;
  std::string message;  // diverged: what, at which step and batch
};

// Trains. Throws Error for bad input (the run is then failed(user)), std::bad_alloc for
// memory, anything else: failed.
using Body = std::function<Result(const Job&, JobContext&)>;

// A body by name: "train" (src/run/jobs, LibTorch) or "fake" (tests and drills).
struct BodyKind {
  static constexpr const char* kind = "body";
  std::string name, help;
  Body body;
  store::Purpose purpose = store::Purpose::results;  // the only kind of database that it may write
};

}  // namespace sinkmoe::queue
