// Puts a finished folder in the place of another one, and removes what killed imports have left.
#pragma once

#include <filesystem>
#include <string>

namespace sinkmoe::data {

// Name of the temporary folder beside `out`, without the number of the process.
std::string temporary_prefix(const std::filesystem::path& out);

// Removes the temporary folders beside `out` whose processes have ended; with `keep_pieces` not those
// that could be continued (journal.h). Returns whether one of these is there.
bool remove_leftovers(const std::filesystem::path& out, bool keep_pieces);

// Renames the temporary folder with most pieces of an ended import with this key (Journal::key) to
// `aside`; does nothing if there is none.
void take_over(const std::filesystem::path& out, const std::string& key,
               const std::filesystem::path& aside);

// Renames `aside` to `out`; a folder that was there is removed. Throws Error.
void take_place(const std::filesystem::path& aside, const std::filesystem::path& out);

}  // namespace sinkmoe::data
