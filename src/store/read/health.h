// Is the database whole? For `doctor`.
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

// What integrity_check and foreign_key_check find, one line each; empty when all is well.
std::vector<std::string> database_problems(const std::filesystem::path& path);
std::vector<StoredCheckpoint> stored_checkpoints(const std::filesystem::path& path);
std::vector<std::string> stored_run_ids(const std::filesystem::path& path);

// Name of the file system when it is one over a network, where locks cannot be relied on; else "".
std::string network_file_system(const std::filesystem::path& path);

}  // namespace sinkmoe::store
