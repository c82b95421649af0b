// The band around a line, cut at the frame.
#pragma once

#include <vector>

#include "report/draw/plot/plot_frame.h"

namespace sinkmoe::report {

struct BandPoint {
  double x = 0, low = 0, high = 0;
};

// What lies inside `range` (of y) of a band with straight edges on the given axes: gnuplot draws
// areas with corners outside the frame wrongly. Points are added where an edge crosses the frame.
// On a logarithmic axis every x is positive, and what is at or below 0 in y lies below the frame.
std::vector<BandPoint> cut_band(const std::vector<BandPoint>& band, bool x_log, bool y_log,
                                Range range);

}  // namespace sinkmoe::report
