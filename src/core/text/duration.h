// Lengths of time, as people read them.
#pragma once

#include <string>

namespace sinkmoe {

std::string clock_text(double seconds);  // "8:07", "1:02:03"; "?" when negative or not finite
std::string rough_time(double seconds);  // "1 s" (also below), "45 s", "12 min", "3.4 h"

}  // namespace sinkmoe
