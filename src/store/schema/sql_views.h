// The views of a database: plain SQL that any SQLite client can read. Void runs are
// in none of them.
#pragma once

#include "store/sqlite/sqlite.h"

namespace sinkmoe::store {

// Makes every view anew, `run_wide` with one column for each known parameter and run-level metric.
// To be called in the transaction that adds a key or a metric name.
void remake_views(sql::Connection& db);

}  // namespace sinkmoe::store
