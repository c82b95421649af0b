// Checks, before anything is written, that a file is a complete sinkmoe database of a known
// version.
#pragma once

#include <filesystem>

#include "store/sqlite/sqlite.h"

namespace sinkmoe::store {

enum class FileState { absent, empty, ours };

// Where the runs of a database come from: training, or drills of the queue, which invent numbers.
// The file says which; one kind cannot become the other.
enum class Purpose { results, drills };

// Inspects the file without changing it. `empty`: a file of 0 bytes, or one whose creation was
// interrupted. Throws StoreError (refused): a directory or device, not SQLite, of another
// program, of a newer version.
FileState inspect_database(const std::filesystem::path& path);

// Reads the schema once. First rolls back a write that a crash has interrupted; this needs write
// access, is reported on stderr, and is followed by an integrity check. Throws StoreError: damaged,
// truncated, on a medium that cannot be written.
void settle_database(const std::filesystem::path& path);

// Reads every page. Throws StoreError (refused): damaged. For short commands that write, because
// SQLite itself sees the damage of a page only when it reads that page.
void require_intact(const std::filesystem::path& path);

// The purpose of a sinkmoe database. Throws StoreError.
Purpose purpose_of(const std::filesystem::path& path);

// Throws StoreError (refused) if a database of purpose `found` is used as one of `wanted`.
void require_purpose(Purpose found, Purpose wanted, const std::filesystem::path& path);

}  // namespace sinkmoe::store
