// The folder of the sources. Its path is compiled into one file alone, so that a compiler cache serves all other test files
// wherever the checkout lies.
#pragma once

#include <filesystem>

namespace sinkmoe {

// Absolute path of the checkout that the tests were built from.
std::filesystem::path source_dir();

}  // namespace sinkmoe
