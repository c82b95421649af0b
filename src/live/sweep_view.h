// The state of one experiment as plain values, read from the database while it is being written.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/run/run.h"
#include "plan/cost_table.h"
#include "store/read/query.h"

namespace sinkmoe::live {

struct CurvePoint {
  int64_t step = 0;
  double value = 0;
};
using Curve = std::vector<CurvePoint>;  // by ascending step

// A run that is being worked on, or the last one that was.
struct RunView {
  std::string run_id, label, message;
  RunStatus status = RunStatus::planned;
  int64_t step = 0, steps = 0;              // of the last stored row; of the whole run
  std::optional<double> tokens_per_second;  // of the last stored row
  std::optional<double> flops_per_second;   // from it and the model's size
  // flops_per_second over the speed of a matrix product that scripts/bench.sh measured on this
  // processor with as many threads; nothing if the database has no such measurement.
  std::optional<double> share;
  double seconds_left = -1;                                // negative: unknown
  int64_t evaluated_at = -1;                               // step of the last evaluation; -1: none
  std::vector<std::pair<std::string, double>> evaluation;  // run-level metrics of that step
  Curve loss, imbalance;                                   // train/loss, eval/imbalance
};

struct SweepView {
  std::string experiment, title, database;
  bool drills = false;  // the numbers are invented
  int64_t total = 0;
  std::map<RunStatus, int64_t> states;  // only those that occur
  int64_t leases = 0;                   // runs that a process holds
  int64_t retries = 0;                  // failed runs that are tried again, after a crash
  double seconds_left = -1;             // of all runs; negative: unknown
  std::vector<RunView> running;         // in the order of the experiment
  std::optional<RunView> last;          // the run that ended last

  int64_t count(RunStatus status) const;
  int64_t open() const;    // runs that `run` takes: planned, running, interrupted, lost, retries
  int64_t failed() const;  // failed, diverged, quarantined
};

// The experiment of the attempt that started last, else the one stored last. Throws Error if the
// database has none.
std::string latest_experiment(const store::Reader& reader);

// Reads views. Every call opens the database, reads in transactions of some milliseconds, and
// closes it, so that no lock is held between two calls. Sizes of models are remembered.
class SweepReader {
 public:
  explicit SweepReader(std::filesystem::path db) : db_(std::move(db)) {}

  // "": latest_experiment(). Throws Error: no database; UnknownExperiment (near names).
  SweepView read(const std::string& experiment);
  // Names and titles of all experiments, the latest first.
  std::vector<std::pair<std::string, std::string>> experiments() const;

 private:
  struct Size {
    double flops_per_token = 0, tokens = 0;  // 0: unknown
  };
  Size size_of(const std::string& run_id, const std::string& config);

  std::filesystem::path db_;
  plan::CostTable cost_of_;
  std::map<std::string, Size> sizes_;  // by run_id
};

}  // namespace sinkmoe::live
