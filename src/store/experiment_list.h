// The list of runs that an experiment has in the database. A stored list is never lost by accident: it may grow,
// from the sweep file that it came from, and everything else is refused unless it is asked for.
#pragma once

#include <cstdint>

#include "store/rows.h"
#include "store/sqlite/sqlite.h"

namespace sinkmoe::store {

// Writes the experiment's own row and empties its list; returns its id. Throws StoreError (refused): a list of this
// name is stored that has runs which `experiment` lacks, or that comes from another sweep file and has fewer runs.
// To be called in a transaction, which then fills the list.
int64_t put_experiment_row(sql::Connection& db, const ExperimentRow& experiment, OtherList other);

}  // namespace sinkmoe::store
