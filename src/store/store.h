// The writer's side of the database: every statement that changes something. One object per thread;
// any number of processes on one file. Each call is one transaction, on disk when it returns.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/run/metric.h"
#include "store/rows.h"
#include "store/sqlite/database_file.h"
#include "store/sqlite/store_error.h"

namespace sinkmoe::store {

namespace sql {
class Connection;
}

// When a run may be taken.
struct ClaimRules {
  int64_t lease_us = 60'000'000;
  bool retry_failed = false;  // also failed and quarantined runs whose cause is not transient
};

class Store {
 public:
  // Opens the database, making it (and its folder) when there is none, and brings an older one up
  // to date. With a `purpose`, a file of the other purpose is refused; without, either may be
  // opened and a new one is for results. Throws StoreError without having written: another
  // program's file, a newer version, damaged, cut off, not writable, of the other purpose.
  explicit Store(const std::filesystem::path& path, std::optional<Purpose> purpose = {});
  ~Store();
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;

  const std::filesystem::path& path() const;
  // Called about ten times a second while a call waits for another process that holds the file.
  void while_waiting(std::function<void()> f);

  // --- What is wanted ---
  // Adds runs that are not there as planned, and makes the experiment's list of runs this one.
  // Throws StoreError (refused), nothing written, when a stored run_id has another identity, or when the
  // name has a list that is not an earlier form of this one.
  void put_experiment(const ExperimentRow& experiment, OtherList other = OtherList::refuse);
  std::optional<RunState> state(const std::string& run_id) const;
  std::string config(
      const std::string& run_id) const;  // canonical text; throws Error when there is no such run
  bool has_children(const std::string& run_id) const;  // runs that start from its final weights
  // Takes a run out of every view. Throws Error: no such run, or already void.
  void void_run(const std::string& run_id, const std::string& why);
  // Puts a done run back to planned, because something of it is gone that a child needs.
  void make_again(const std::string& run_id, const std::string& why);

  // --- Leases ---
  // Runs whose holder is dead or has let the lease run out become free; a run that was being worked
  // on becomes lost. Returns their run_ids.
  std::vector<std::string> free_dead_leases();
  // Takes the first of the runs that is free and not finished. `owner` holds it from now on.
  std::optional<Lease> claim(std::span<const std::string> run_ids, const Owner& owner,
                             const ClaimRules& rules = {});
  // Hands a lease on to another process (from the supervisor to its worker), and renews
  // it. Both throw LeaseLost.
  Lease adopt(const std::string& run_id, int64_t epoch, const Owner& owner,
              const ClaimRules& rules = {});
  void renew(const Lease& lease, const ClaimRules& rules = {});

  // --- Life of an attempt; every call below throws LeaseLost when the lease has moved on ---
  // Starts the next attempt. Metrics, histograms and checkpoints beyond its start step are removed
  // (all of them when it starts from the beginning) in the same transaction.
  void begin_attempt(Lease& lease, const AttemptRow& attempt);
  void describe(const Lease& lease, const std::vector<MetricInfo>& metrics);
  // All rows or none; a row with the key of an earlier one replaces it. Throws NotFinite.
  void add_metrics(const Lease& lease, const std::vector<MetricRow>& rows);
  void add_histograms(const Lease& lease, const std::vector<HistogramRow>& rows);
  void add_event(const Lease& lease, const EventRow& event);
  // The row makes the file count. A checkpoint that is not the final one clears
  // the count of crashes.
  void add_checkpoint(const Lease& lease, const CheckpointRow& checkpoint);
  void drop_checkpoint(const Lease& lease, const CheckpointRow& checkpoint);
  // Ends the attempt and gives the lease back; also on behalf of a process that died. A transient
  // outcome other than a full disk counts as a crash; at the limit of crashes in a row the run is
  // quarantined. Returns the run's new status.
  RunStatus finish(const Lease& lease, const RunEnd& end, const FinishRules& rules = {});

  std::vector<CheckpointRow> checkpoints(
      const std::string& run_id) const;  // newest first, final weights before all

  // --- The rest ---
  void add_bench(const std::vector<BenchRow>& rows);

 private:
  std::unique_ptr<sql::Connection> db_;
  std::map<std::string, int64_t> metric_ids_;
};

}  // namespace sinkmoe::store
