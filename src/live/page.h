// The page of `sinkmoe serve`: one document, one style sheet, one script. They never change while
// the program runs; the script asks for the numbers.
#pragma once

#include <string_view>

namespace sinkmoe::live {

extern const std::string_view kPageHtml, kPageStyle, kPageScript;

}  // namespace sinkmoe::live
