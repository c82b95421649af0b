// Brings finished runs of another database into this one.
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
// What contradicts its name, or "". The store knows no configuration: the caller does.
using RunCheck = std::function<std::string(const ForeignRun&)>;

struct MergeSummary {
  int64_t added = 0;       // finished there, unknown or unfinished here
  int64_t kept = 0;        // finished on both sides: ours stays
  int64_t unfinished = 0;  // not finished there, or void: left out
  std::vector<std::string> notes;
};

// Takes over runs that are done or diverged in `other`, with parameters, attempts, metrics and
// events (no checkpoint files), and the lists of its experiments. Of the metrics of training steps
// (train/*) those stay whose step `train_every` (>= 1) divides. Repeating it changes nothing.
// Throws Error, nothing written: `other` is no database of this version, has a view where a table
// should be, holds another configuration under a run_id that is known here, or a run that `check`
// finds at odds with its name.
MergeSummary merge_database(Store& store, const std::filesystem::path& other,
                            const RunCheck& check = {}, int64_t train_every = 1);

}  // namespace sinkmoe::store
