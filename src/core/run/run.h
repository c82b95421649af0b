// The words for a run that every module shares: how it stands, how an attempt ended, how far it is,
// and what training reports while it works.
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

// How a run stands. The texts are stored in databases.
enum class RunStatus {
  planned,
  running,
  done,
  failed,
  diverged,     // its numbers left the finite range or its loss stayed too high
  interrupted,  // stopped with a checkpoint: the next command goes on from there
  lost,         // its worker is gone without a word
  quarantined,  // crashed several times in a row
  voided,       // taken out of every table by the user
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

// How an attempt ended; of the last attempt it is the run's cause. The texts are stored in databases.
enum class Outcome {
  done,
  interrupted,
  diverged,
  lost,      // the worker's lease ran out or its process is gone
  memory,    // not enough of it
  signal,    // killed
  disk,      // full
  io,        // the system failed for a reason that may pass
  internal,  // an exception that is a fault of the program
  stalled,   // no sign of life
  user,      // bad input
  voided,    // the user took the run out meanwhile
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

// Outcomes after which a run may be tried again: the cause lies outside it.
constexpr bool is_transient(Outcome outcome) {
  using enum Outcome;
  return outcome == memory || outcome == signal || outcome == disk || outcome == io ||
         outcome == stalled || outcome == lost;
}

// The end of an attempt. A training ends done, interrupted or diverged; the message then says what,
// at which step and batch.
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

// The run belongs to another worker now, or was ended: whoever meets this just unwinds.
struct LeaseLost : std::exception {
  const char* what() const noexcept override { return "the lease of this run has moved on"; }
};

// A number that had to be finite is not: the run has diverged. Nothing was written.
struct NotFinite : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What a training reports, and whether it is asked to stop. Calls come from one thread, and each is
// a sign of life: without one for max(300 s, 20 x the median step) the run is ended as stalled, so a
// long evaluation calls progress() or stop_requested() now and then. Report the rows of step s
// before the checkpoint of step s: an attempt that resumes there keeps rows up to s and removes the
// ones beyond. Every call may throw LeaseLost.
class RunReporter {
 public:
  virtual ~RunReporter() = default;
  virtual void describe(const std::vector<MetricInfo>& metrics) = 0;
  // Rows are stored together or not at all. Throws NotFinite.
  virtual void metrics(const std::vector<MetricRow>& rows) = 0;
  virtual void histograms(const std::vector<HistogramRow>& rows) = 0;
  virtual void event(const EventRow& event) = 0;
  // The file is complete, synced and renamed; after this call it counts.
  // `final` marks final weights.
  virtual void checkpoint(int64_t step, const std::filesystem::path& file, bool final) = 0;
  virtual void progress(const Progress& progress) = 0;
  // Asked for by SIGTERM, SIGINT, SIGUSR1: write a checkpoint and return interrupted.
  virtual bool stop_requested() const = 0;
};

}  // namespace sinkmoe
