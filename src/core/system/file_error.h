// The error of a failed call on a file, with what to do about it.
#pragma once

#include <filesystem>
#include <string>

namespace sinkmoe {

// Throws Error "WHAT: <text of the error number>", such as "cannot write: No space left on device".
[[noreturn]] void fail_on_file(const std::string& what, const std::filesystem::path& path,
                               int error);

}  // namespace sinkmoe
