// Values by panel, series and x, averaged over seeds. Lines and bars draw these.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "report/draw/figure_parts.h"

namespace sinkmoe::report {

struct SeriesPoint {
  std::string x_text;
  double x = 0;      // position on the axis
  stats::Summary y;  // n >= 1
  std::vector<stats::Seeded> runs;
};

struct SeriesData {
  SeriesList series;
  std::vector<std::string> x_values;                          // of all panels, in order
  std::vector<std::vector<std::vector<SeriesPoint>>> points;  // [panel][series]

  void each(const std::function<void(size_t panel, size_t series, SeriesPoint&)>& visit);
};

// Fills the document's data (one row per point), its notes on runs left out and provenance.seeds.
// Throws Error: missing column, two runs with the same seed at one point.
SeriesData series_data(const FigureInput& input, const PanelAxis& cols, const PanelAxis& rows);

// Name of the data block of a series in a panel.
std::string block_name(size_t panel, size_t series);

}  // namespace sinkmoe::report
