// Inline SVG drawings for the page: heat maps by layer and head, bars by layer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pretrained/heads.h"

namespace sinkmoe::pretrained {

struct HeatMap {
  std::string title;   // for screen readers
  const Grid& values;  // [layer][column]
  std::string column = "head";
  double low = 0, high = 1;          // ends of the colour scale; values are clipped to them
  std::vector<int64_t> layers = {};  // number of each row; empty: all layers in order
};
// Layers from top to bottom, columns from left to right. Each cell has its value as a tooltip; the
// colour scale is below.
std::string draw(const HeatMap& map);

// One bar per layer, on an axis from 0 to at least `least_top`; `layers` as above.
std::string draw_bars(const std::string& title, const std::vector<double>& values, double least_top,
                      const std::vector<int64_t>& layers = {});

}  // namespace sinkmoe::pretrained
