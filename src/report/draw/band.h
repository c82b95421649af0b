// Clips the band around a line to the frame.
#pragma once

#include <vector>

#include "report/draw/plot/plot_frame.h"

namespace sinkmoe::report {

struct BandPoint {
  double x = 0, low = 0, high = 0;
};

// The part of a band that lies inside `range` (of y), with straight edges on the given axes. Needed
// because gnuplot draws areas with corners outside the frame wrongly. Adds points where an edge
// crosses the frame. On a logarithmic axis every x is positive; y <= 0 lies below the frame.
std::vector<BandPoint> cut_band(const std::vector<BandPoint>& band, bool x_log, bool y_log,
                                Range range);

}  // namespace sinkmoe::report
