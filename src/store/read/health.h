// Checks a database for damage, for `doctor`.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "store/rows.h"

namespace sinkmoe::store {

struct StoredCheckpoint {
  std::string run_id;
  CheckpointRow row;
};

// The findings of integrity_check and foreign_key_check, one line each; empty if there are none.
std::vector<std::string> database_problems(const std::filesystem::path& path);
std::vector<StoredCheckpoint> stored_checkpoints(const std::filesystem::path& path);
std::vector<std::string> stored_run_ids(const std::filesystem::path& path);

// The name of the file system if it is a network file system, where locks are unreliable; else "".
std::string network_file_system(const std::filesystem::path& path);

}  // namespace sinkmoe::store
