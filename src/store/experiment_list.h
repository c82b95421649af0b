// Stores the list of runs of an experiment. A stored list is never lost by accident: it may grow
// from the same sweep file; every other change is refused unless it is requested.
#pragma once

#include <cstdint>

#include "store/rows.h"
#include "store/sqlite/sqlite.h"

namespace sinkmoe::store {

// Writes the row of the experiment and empties its list, unless runs are appended; returns its id. Throws StoreError
// (refused): the stored list of this name has runs that are missing in `experiment`, or it comes
// from another sweep file and has fewer runs. Call it in the transaction that then fills the list.
int64_t put_experiment_row(sql::Connection& db, const ExperimentRow& experiment, OtherList other);

}  // namespace sinkmoe::store
