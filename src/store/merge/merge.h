// Copies finished runs of another database into this one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "store/store.h"

namespace sinkmoe::store {

// A run as the other database describes it.
struct ForeignRun {
  std::string run_id, parent_id, config, identity;
};
// Returns why a run does not match its run_id, or "". The caller knows configurations, the store
// does not.
using RunCheck = std::function<std::string(const ForeignRun&)>;

struct MergeSummary {
  int64_t added = 0;       // finished there; unknown or unfinished here
  int64_t kept = 0;        // finished on both sides: ours is kept
  int64_t unfinished = 0;  // not finished there, or void: not copied
  std::vector<std::string> notes;
};

// Throws StoreError unless the file is an intact database of this version and purpose.
void require_mergeable(const std::filesystem::path& path, Purpose purpose = Purpose::results);

// Copies the runs that are done or diverged in `other`, with parameters, attempts, metrics and
// events (no checkpoint files), and the lists of its experiments. Metrics of training steps
// (train/*) are copied only for steps that `train_every` (>= 1) divides. Repeating it changes
// nothing. Throws Error before anything is written: `other` is not a database of this version, has
// a view in place of a table, holds another configuration under a run_id that is known here, or has
// a run that `check` rejects.
MergeSummary merge_database(Store& store, const std::filesystem::path& other,
                            const RunCheck& check = {}, int64_t train_every = 1);

}  // namespace sinkmoe::store
