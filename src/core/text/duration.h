// Formats durations for people.
#pragma once

#include <string>

namespace sinkmoe {

std::string clock_text(double seconds);  // "8:07", "1:02:03"; "?" if negative or not finite
std::string rough_time(double seconds);  // "1 s" (also for less), "45 s", "12 min", "3.4 h"

}  // namespace sinkmoe
