// Brings finished runs of another database into this one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "store/store.h"

namespace sinkmoe {

struct MergeSummary {
  int64_t added = 0;       // finished there, unknown or unfinished here
  int64_t kept = 0;        // finished on both sides: ours stays
  int64_t unfinished = 0;  // not finished there, or void: left out
  std::vector<std::string> notes;
};

// Takes over runs that are done or diverged in `other`, with parameters, attempts, metrics and
// events (no checkpoint files), and the lists of its experiments. Repeating it changes nothing.
// Throws StoreError (refused), nothing written: `other` is no database of this version, or holds
// another configuration under a run_id that is known here.
MergeSummary merge_database(Store& store, const std::filesystem::path& other);

}  // namespace sinkmoe
