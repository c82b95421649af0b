// Finds the program that holds a lock on a database file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>

namespace sinkmoe::store {

// "process 1234 (sqlite3)": another process that reads the file, or else one that writes it, but none of `ours`. "" if there
// is none, or if it runs in another container or on another host.
std::string lock_holder(const std::filesystem::path& path, const std::set<int64_t>& ours = {});

}  // namespace sinkmoe::store
