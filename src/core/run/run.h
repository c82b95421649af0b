// The vocabulary for runs that all modules share: the status of a run, the outcome of an attempt,
// progress, and what training reports.
#pragma once

#include <cstdint>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/names.h"
#include "core/run/metric.h"

namespace sinkmoe {

// The status of a run. The texts are stored in databases.
enum class RunStatus {
  planned,
  running,
  done,
  failed,
  diverged,     // a number was not finite, or the loss stayed too high
  interrupted,  // stopped with a checkpoint, from which the next command continues
  lost,         // its worker disappeared
  quarantined,  // crashed several times in a row
  voided,       // removed from every table by the user
};
constexpr auto names_of(RunStatus) {
  using enum RunStatus;
  return names<RunStatus>("run status", {{planned, "planned"},
                                         {running, "running"},
                                         {done, "done"},
                                         {failed, "failed"},
                                         {diverged, "diverged"},
                                         {interrupted, "interrupted"},
                                         {lost, "lost"},
                                         {quarantined, "quarantined"},
                                         {voided, "void"}});
}

// How an attempt ended. The outcome of the last attempt is the cause of the run. The texts are
// stored in databases.
enum class Outcome {
  done,
  interrupted,
  diverged,
  lost,      // the worker's lease expired, or its process disappeared
  memory,    // out of memory
  signal,    // killed
  disk,      // full
  io,        // a transient failure of the system
  internal,  // an exception: a fault of the program
  stalled,   // no sign of life
  user,      // bad input
  voided,    // the user removed the run in the meantime
};
constexpr auto names_of(Outcome) {
  using enum Outcome;
  return names<Outcome>("outcome", {{done, "done"},
                                    {interrupted, "interrupted"},
                                    {diverged, "diverged"},
                                    {lost, "lost"},
                                    {memory, "oom"},
                                    {signal, "signal"},
                                    {disk, "disk"},
                                    {io, "io"},
                                    {internal, "assert"},
                                    {stalled, "stalled"},
                                    {user, "user"},
                                    {voided, "void"}});
}

// True for outcomes after which a run may be tried again, because the cause is outside the run.
constexpr bool is_transient(Outcome outcome) {
  using enum Outcome;
  return outcome == memory || outcome == signal || outcome == disk || outcome == io ||
         outcome == stalled || outcome == lost;
}

// The end of an attempt. Training ends as done, interrupted or diverged; for diverged the message
// says what, at which step and batch.
struct RunEnd {
  Outcome outcome = Outcome::done;
  std::string message;
};

// One line of live state.
struct Progress {
  int64_t step = 0, steps = 0;
  double loss = 0, tokens_per_second = 0;
  double imbalance = 0, sink_rate = 0;  // of the last evaluation; sink_rate in percent
};

// The run belongs to another worker now, or was ended. Do nothing but return.
struct LeaseLost : std::exception {
  const char* what() const noexcept override { return "the lease of this run has moved on"; }
};

// A number is not finite: the run has diverged. Nothing was written.
struct NotFinite : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What training reports, and whether it must stop. Calls come from one thread, and each is a sign
// of life: without one for max(300 s, 20 x the median step) the run ends as stalled, so a long
// evaluation must call progress() or stop_requested() now and then. Report the rows of step s
// before the checkpoint of step s, because an attempt that resumes there keeps rows up to s and
// removes later ones. Every call may throw LeaseLost.
class RunReporter {
 public:
  virtual ~RunReporter() = default;
  virtual void describe(const std::vector<MetricInfo>& metrics) = 0;
  // Rows are stored together or not at all. Throws NotFinite.
  virtual void metrics(const std::vector<MetricRow>& rows) = 0;
  virtual void histograms(const std::vector<HistogramRow>& rows) = 0;
  virtual void event(const EventRow& event) = 0;
  // The file must be complete, synced and renamed; it is valid once its row is stored, soon after
  // this call. `final` marks final weights.
  virtual void checkpoint(int64_t step, const std::filesystem::path& file, bool final) = 0;
  virtual void progress(const Progress& progress) = 0;
  // True after a signal that asks for a stop: write a checkpoint and return interrupted.
  virtual bool stop_requested() const = 0;
};

}  // namespace sinkmoe
