// The rows that are written to the database, as plain values. The store knows neither plans nor
// configurations.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/run/run.h"
#include "core/table.h"
#include "store/owner.h"

namespace sinkmoe::store {

struct ParamRow {
  std::string key, type;  // "model.layers"; int, float, bool, string
  Cell value, fallback;   // fallback: the default, shown for runs stored before the key existed
  std::string unit, help;
};

// A planned run, as the database stores it before it starts.
struct RunRow {
  std::string run_id, group_id, control_id, parent_id;  // the last two may be ""
  std::string label;
  int64_t seed = 0;
  std::string config;    // canonical text of every field
  std::string identity;  // the part that decides results; must be equal whenever run_id is
  std::vector<ParamRow> params;
};

struct ExperimentRow {
  std::string name, title, path, toml, sha256;
  std::vector<RunRow> runs;
};

// What to do if a stored list of the same name has other runs than a new list: refuse to lose some of
// them, put the new list in its place, or add the new runs to it (if both have the same `path`).
enum class OtherList { refuse, replace, append };

// The conditions of an attempt.
struct AttemptRow {
  std::string device, processor;
  int64_t threads = 1, ranks = 1;  // threads of each rank
  std::string git_commit, build;
  bool git_dirty = false;
  int64_t start_step = 0;  // 0: from the beginning
};

// The right of one worker to write one run. Every write carries the epoch, and is refused if the
// run has a newer one.
struct Lease {
  int64_t run = 0;  // run.id
  std::string run_id;
  int64_t epoch = 0;
  int64_t attempt = 0;  // 0 until begin_attempt
};

struct HeldRun {
  Lease lease;
  Owner owner;
};

struct CheckpointRow {
  int64_t step = 0;
  bool final = false;
  std::string path;  // below the run's folder
  int64_t bytes = 0;
  std::string sha256;
};

// The current state of a run in the database.
struct RunState {
  std::string run_id, parent_id, label;
  RunStatus status = RunStatus::planned;
  std::optional<Outcome> cause;  // outcome of the last attempt
  std::string message;
  int64_t crashes = 0;
  std::optional<Owner> owner;  // the holder of the lease
};

// What happens to a run when an attempt ends.
struct FinishRules {
  bool worker_gone = false;  // it could not record its end: the run is lost instead of failed
  int64_t crash_limit = 3;   // number of crashes in a row after which the run is quarantined
  std::vector<CheckpointRow>
      drop;  // no longer needed; their rows are removed in the same transaction
};

struct BenchRow {
  std::string name, variant, setting;  // setting: JSON object
  double value = 0;
  std::string unit, host, device, processor, git_commit;
  bool git_dirty = false;
};

}  // namespace sinkmoe::store
