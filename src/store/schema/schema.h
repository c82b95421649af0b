// The tables of a sinkmoe database, their version, and how an older file is brought up to date.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "store/sqlite/sqlite.h"

namespace sinkmoe {

inline constexpr int64_t kApplicationId = 0x736d6f65;  // "smoe" in the file's header

// One step forward: the SQL that takes a file from the version before to `version`.
struct Migration {
  int64_t version;
  std::string sql;
};

// All steps in order; the first makes the tables in an empty file.
std::span<const Migration> migrations();
// The version this program writes.
int64_t schema_version();

// Applies the steps that are missing, each in one transaction. A file that holds tables already is
// first copied to FILE.before-vN. Does nothing on a file that is up to date. Throws StoreError; the
// file then has the last good version.
void migrate(sql::Connection& db, std::span<const Migration> steps);

}  // namespace sinkmoe
