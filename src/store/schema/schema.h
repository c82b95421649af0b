// The tables of a sinkmoe database, their version, and upgrades of older files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "store/sqlite/sqlite.h"

namespace sinkmoe::store {

// In the header of the file: "smoe"; "smod" for a database of drills.
inline constexpr int64_t kApplicationId = 0x736d6f65, kDrillApplicationId = 0x736d6f64;

// One upgrade step: the SQL that brings a file from the previous version to `version`.
struct Migration {
  int64_t version;
  std::string sql;
  // For readers of older files: temporary views in the place of the tables that the step adds. "":
  // readers do without them.
  std::string stand_in = {};
};

// All steps in order; the first creates the tables in an empty file.
std::span<const Migration> migrations();
// The version that this program writes.
int64_t schema_version();

// Applies the missing steps, each in one transaction. A file that already has tables is first
// copied to FILE.before-vN and keeps its application_id; a new file gets `application_id`. Does
// nothing if the file is up to date. Throws StoreError; the file then has the last good version.
void migrate(sql::Connection& db, std::span<const Migration> steps,
             int64_t application_id = kApplicationId);

}  // namespace sinkmoe::store
