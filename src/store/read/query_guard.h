// Limits what a read-only statement may do: authorizer, lowered limits and time limit of Reader.
#pragma once

#include <chrono>

#include "store/sqlite/sqlite.h"

namespace sinkmoe::store {

// Allows SELECT, reading columns, recursion, the functions of a list and the schema pragmas;
// denies the rest. Lowers SQLite's limits on statement size, depth, strings and memory. The
// connection stays read-only.
void guard_connection(sql::Connection& db);

// Ends statements of the connection after a time limit. Lives on the stack around a query.
class Deadline {
 public:
  Deadline(const sql::Connection& db, double seconds);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  bool over() const { return std::chrono::steady_clock::now() >= end_; }

 private:
  const sql::Connection& db_;
  std::chrono::steady_clock::time_point end_;
};

}  // namespace sinkmoe::store
