// A sweep as lines of text for a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "live/sweep_view.h"

namespace sinkmoe::live {

struct ScreenSize {
  size_t columns = 80, rows = 24;
  bool ascii = false;  // no characters beyond ASCII
};

// `width` characters that follow the curve from its first to its last step, lowest to highest
// value; each is the mean of its part of the steps, or the value before it where a part is empty.
// "" if the curve has no point. A constant curve is all low.
std::string sparkline(const Curve& curve, size_t width, bool ascii = false);

// Nothing wider than size.columns, and at most size.rows lines: runs that do not fit are counted in
// one line. Names from the database are free of control characters.
std::vector<std::string> screen(const SweepView& sweep, const ScreenSize& size);

// One line, for logs: "quick: 7 of 18 done, 2 running, 0:02:10 left".
std::string summary(const SweepView& sweep);

}  // namespace sinkmoe::live
