// Whole files, read with a limit and written so that a reader sees the old or the new one,
// never half of it.
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

// Writes beside the target, fsyncs, renames over it and fsyncs the folder. Throws Error naming
// file and cause (disk full, no permission); the old file then stays as it was and no
// temporary file is left.
void write_file_atomic(const std::filesystem::path& path, std::string_view content);

// The same for a file in pieces, written one after the other. `check`, if given, sees the
// finished file under its temporary name before it takes its place; what it throws leaves the old
// file as it was.
void write_file_atomic(const std::filesystem::path& path, std::span<const std::string_view> pieces,
                       const std::function<void(const std::filesystem::path&)>& check = {});

// Gives a finished file its name: fsyncs it, renames it and fsyncs the folder. Throws Error.
void put_in_place(const std::filesystem::path& aside, const std::filesystem::path& path);

// Names of what lies in the folder, sorted; none when it is not there. Throws Error (no permission,
// too many open files, no memory). Instead of std::filesystem's iterators, which end the program
// when memory runs out.
std::vector<std::string> folder_names(const std::filesystem::path& folder);

// NAME of every file NAME + extension (".toml") in the folder, sorted by NAME. As folder_names.
std::vector<std::string> file_stems(const std::filesystem::path& folder,
                                    std::string_view extension);

// Makes the folder (and its parents) and checks that a file can be made in it. Throws Error.
void ensure_writable_folder(const std::filesystem::path& folder);

}  // namespace sinkmoe
