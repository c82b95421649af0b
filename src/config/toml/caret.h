// Prints the argument under an error, with a caret under its wrong part.
#pragma once

#include <cstddef>
#include <string>

#include "core/error.h"

namespace sinkmoe::config {

// Appends two lines to the problem's last text. Does nothing for an empty or a very long argument.
// `at` and `length` are in bytes; the caret is placed by characters.
void add_caret(Problem& problem, const std::string& argument, size_t at, size_t length);

}  // namespace sinkmoe::config
