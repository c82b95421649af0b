// Puts a finished folder in the place of another one, and removes what killed imports have left.
#pragma once

#include <filesystem>
#include <string>

namespace sinkmoe::data {

// Name of the temporary folder beside `out`, without the number of the process.
std::string temporary_prefix(const std::filesystem::path& out);

// Removes the temporary folders beside `out` whose processes have ended.
void remove_leftovers(const std::filesystem::path& out);

// Renames `aside` to `out`; a folder that was there is removed. Throws Error.
void take_place(const std::filesystem::path& aside, const std::filesystem::path& out);

}  // namespace sinkmoe::data
