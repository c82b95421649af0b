// Is this file a database of ours, whole, and of a version we know? Asked before anything
// is written to it.
#pragma once

#include <filesystem>

#include "store/sqlite/sqlite.h"

namespace sinkmoe::store {

enum class FileState { absent, empty, ours };

// What the runs of a database are: trained, or made up by drills of the queue. The file says which;
// neither kind can become the other.
enum class Purpose { results, drills };

// Looks at the file without changing it. `empty` is a file of no bytes, or one whose creation
// was cut off. Throws StoreError (refused): a directory or device, not SQLite, of another
// program, of a newer version.
FileState inspect_database(const std::filesystem::path& path);

// Reads the schema once. A write that was cut off by a crash is rolled back first, which needs
// write access; this is said on stderr and followed by an integrity check. Throws StoreError:
// damaged, cut off, on a medium that cannot be written.
void settle_database(const std::filesystem::path& path);

// Of a file that is ours. Throws StoreError.
Purpose purpose_of(const std::filesystem::path& path);

// Throws StoreError (refused) when a database of `found` is used as one of `wanted`.
void require_purpose(Purpose found, Purpose wanted, const std::filesystem::path& path);

}  // namespace sinkmoe::store
