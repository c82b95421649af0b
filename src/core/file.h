// Reads whole files with a size limit, and writes them so that a reader sees either the old or the
// new file, never half of one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sinkmoe {

// Reads a regular file of at most `limit` bytes. Throws Error (missing, not a regular
// file, too large, unreadable).
std::string read_file(const std::filesystem::path& path, uint64_t limit);

// Writes a temporary file next to the target, fsyncs it, renames it to the target and fsyncs the
// folder. Throws Error with file and cause (disk full, no permission); the old file is then
// unchanged and no temporary file is left.
void write_file_atomic(const std::filesystem::path& path, std::string_view content);

// The same for a file in pieces, written one after the other. `check`, if given, is called with the
// temporary file before it replaces the target; if it throws, the old file is unchanged.
void write_file_atomic(const std::filesystem::path& path, std::span<const std::string_view> pieces,
                       const std::function<void(const std::filesystem::path&)>& check = {});

// Moves a finished file to its final name: fsyncs it, renames it, fsyncs the folder. Throws Error.
void put_in_place(const std::filesystem::path& aside, const std::filesystem::path& path);

// The sorted names in the folder; empty if there is no such folder. Throws Error (no permission,
// too many open files, no memory). Used instead of std::filesystem's iterators, which end the
// program if memory runs out.
std::vector<std::string> folder_names(const std::filesystem::path& folder);

// NAME of every file NAME + extension (".toml") in the folder, sorted. Errors as in folder_names.
std::vector<std::string> file_stems(const std::filesystem::path& folder,
                                    std::string_view extension);

// Creates the folder (and its parents) and checks that it is writable. Throws Error.
void ensure_writable_folder(const std::filesystem::path& folder);

}  // namespace sinkmoe
