// The views of a database: plain SQL that any SQLite client can read. They leave out void runs.
#pragma once

#include "store/sqlite/sqlite.h"

namespace sinkmoe::store {

// Creates all views again. `run_wide` gets one column per known parameter and run-level metric.
// Call it in the transaction that adds a key or a metric name.
void remake_views(sql::Connection& db);

}  // namespace sinkmoe::store
