// A sweep as JSON, for `watch --json` and the page of `serve`.
#pragma once

#include <string>

#include "live/sweep_view.h"

namespace sinkmoe::live {

// An object with the members of SweepView; unknown numbers are null, curves are [[step, value],
// ...] of at most `points` points each (means of equal parts of the steps; 0: all points).
std::string to_json(const SweepView& sweep, size_t points = 0);

}  // namespace sinkmoe::live
