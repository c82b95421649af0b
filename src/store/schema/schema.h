// The tables of a sinkmoe database, their version, and how an older file is brought up to date.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "store/sqlite/sqlite.h"

namespace sinkmoe::store {

// In the file's header: "smoe", and "smod" for a database of drills.
inline constexpr int64_t kApplicationId = 0x736d6f65, kDrillApplicationId = 0x736d6f64;

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
// first copied to FILE.before-vN, and keeps its application_id; a new one gets `application_id`.
// Does nothing on a file that is up to date. Throws StoreError; the file then has the last good
// version.
void migrate(sql::Connection& db, std::span<const Migration> steps,
             int64_t application_id = kApplicationId);

}  // namespace sinkmoe::store
