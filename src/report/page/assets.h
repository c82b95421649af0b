// The style and the script of the page. Both stand inside it, so that it needs no other file.
#pragma once

#include <string_view>

namespace sinkmoe::report {

// Light and dark after the reader's setting, one column on narrow screens.
extern const std::string_view kPageStyle;

// Sorts tables by their headers, shows the value nearest to the pointer in figures (with arrow keys
// from the keyboard), and makes figures larger. The page is complete without it.
extern const std::string_view kPageScript;

}  // namespace sinkmoe::report
