// Writes to the database: every statement that changes something is here. One object per thread;
// any number of processes on one file. Each call is one transaction, which is on disk when it
// returns.
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

#include "core/run/input.h"
#include "core/run/metric.h"
#include "store/rows.h"
#include "store/sqlite/database_file.h"
#include "store/sqlite/patience.h"
#include "store/sqlite/store_error.h"

namespace sinkmoe::store {

namespace sql {
class Connection;
}
struct HeldLease;

// Throw NotFinite, as add_metrics and add_histograms do.
void require_finite(const std::vector<MetricRow>& rows);
void require_finite(const std::vector<HistogramRow>& rows);

// When a run may be taken.
struct ClaimRules {
  int64_t lease_us = 60'000'000;
  bool retry_failed = false;  // also takes failed and quarantined runs whose cause is not transient
  bool parent_later =
      false;  // also takes runs whose parent is not done: their job waits for the parent's
};

class Store {
 public:
  // Opens the database. Creates it (and its folder) if there is none, and upgrades an older one.
  // With a `purpose`, a file of the other purpose is refused; without one, both are accepted and a
  // new file is for results. Throws StoreError before writing: another program's file, a newer
  // version, damaged, truncated, not writable, of the other purpose.
  explicit Store(const std::filesystem::path& path, std::optional<Purpose> purpose = {});
  ~Store();
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;

  const std::filesystem::path& path() const;
  // How long each call waits for other programs that hold the file. While one of them reads, nothing can be written, but
  // others can read.
  void set_patience(Patience patience);

  // --- The planned runs ---

  // Adds missing runs with the status planned, and replaces or extends the experiment's list. Throws
  // StoreError (refused), with nothing written, if a stored run_id has another identity, or if the
  // name has a list that is not an earlier form of this one.
  void put_experiment(const ExperimentRow& experiment, OtherList other = OtherList::refuse);
  std::optional<RunState> state(const std::string& run_id) const;
  std::string config(
      const std::string& run_id) const;  // canonical text; throws Error if there is no such run
  bool has_children(const std::string& run_id) const;  // runs that start from its final weights
  // Removes a run from every view. Throws Error: no such run, or already void.
  void void_run(const std::string& run_id, const std::string& why);
  // Gives tags to a run and takes tags from it; nothing happens for a tag that is there already or
  // is not there. Throws Error, with nothing written: no such run, or a tag that is not a plain name.
  void tag_run(const std::string& run_id, const std::vector<std::string>& add,
               const std::vector<std::string>& remove);
  // Replaces the note on a run; "" removes it. Throws Error: no such run, or more than 4,000 bytes.
  void note_run(const std::string& run_id, const std::string& text);
  // Sets a done run back to planned, because a file that a child needs is missing.
  void make_again(const std::string& run_id, const std::string& why);

  // --- Leases ---
  // Frees runs whose holder is dead; a run that was in progress becomes lost. Also those whose lease has expired though
  // the holder may live, once this object has seen it expired for `grace_us`: a holder renews late if another program
  // held the file, or if the computer slept. Returns their run_ids. Call it every second or so.
  std::vector<std::string> free_dead_leases(int64_t grace_us = 30'000'000);
  // Claims the first of the runs that is free and not finished; `owner` holds it from now on.
  std::optional<Lease> claim(std::span<const std::string> run_ids, const Owner& owner,
                             const ClaimRules& rules = {});
  // Transfers a lease to another process (from the supervisor to its worker); renews a lease. Both
  // throw LeaseLost.
  Lease adopt(const std::string& run_id, int64_t epoch, const Owner& owner,
              const ClaimRules& rules = {});
  void renew(const Lease& lease, const ClaimRules& rules = {});
  // Gives a lease back without an attempt. Nothing happens if it is gone.
  void release(const Lease& lease);
  // Every lease with its holder.
  std::vector<HeldRun> held_runs() const;

  // --- An attempt; every call below throws LeaseLost if the lease belongs to another process ---
  // Starts the next attempt. In the same transaction, removes metrics, histograms and checkpoints
  // after its start step (all of them if it starts from the beginning).
  void begin_attempt(Lease& lease, const AttemptRow& attempt);
  void describe(const Lease& lease, const std::vector<MetricInfo>& metrics);
  // Writes all rows or none. A row with the key of an earlier row replaces it. Throws NotFinite.
  void add_metrics(const Lease& lease, const std::vector<MetricRow>& rows);
  void add_histograms(const Lease& lease, const std::vector<HistogramRow>& rows);
  void add_event(const Lease& lease, const EventRow& event);
  // Replaces what the run reads.
  void put_inputs(const Lease& lease, const std::vector<InputRow>& inputs);
  // The row makes the file valid. A checkpoint that is not final resets the count of crashes.
  void add_checkpoint(const Lease& lease, const CheckpointRow& checkpoint);
  void drop_checkpoint(const Lease& lease, const CheckpointRow& checkpoint);
  // Ends the attempt and releases the lease, also on behalf of a process that died. A transient
  // outcome other than a full disk counts as a crash; at the limit of crashes in a row the run is
  // quarantined. Returns the new status of the run.
  RunStatus finish(const Lease& lease, const RunEnd& end, const FinishRules& rules = {});

  std::vector<CheckpointRow> checkpoints(
      const std::string& run_id) const;  // newest first; final weights first of all

  // --- Other ---
  // Adds timings, but none that is already there from the same program, machine and setting; returns
  // how many.
  int64_t add_bench(const std::vector<BenchRow>& rows);

 private:
  // A lease that may be free, since when it has been as it is.
  struct Expired {
    int64_t epoch, expires_us, since_us;
  };

  std::vector<HeldLease> takeable(std::vector<HeldLease> free, int64_t grace_us);

  std::unique_ptr<sql::Connection> db_;
  std::map<std::string, int64_t> metric_ids_;
  std::map<int64_t, Expired> expired_;  // by run.id
  int64_t last_scan_us_ = 0;
};

}  // namespace sinkmoe::store
