// Inline SVG drawings of the page: maps of layers and heads, bars of layers.
#pragma once

#include <string>
#include <vector>

#include "pretrained/heads.h"

namespace sinkmoe::pretrained {

struct HeatMap {
  std::string title;   // for readers that cannot see it
  const Grid& values;  // [layer][column]
  std::string column = "head";
  double low = 0, high = 1;  // ends of the colour scale; values beyond take the end's colour
};
// Layers from top to bottom, columns from left to right, each cell with its value as a tooltip, and
// the colour scale below.
std::string draw(const HeatMap& map);

// One bar a layer from 0 to at least `least_top`.
std::string draw_bars(const std::string& title, const std::vector<double>& values,
                      double least_top);

}  // namespace sinkmoe::pretrained
