// One axis of a panel as gnuplot commands.
#pragma once

#include <string>
#include <vector>

#include "report/draw/plot/plot_frame.h"

namespace sinkmoe::report {

// Scale, range and ticks of axis "x" or "y"; the ticks have numbers only if `numbered`.
std::string axis_commands(const std::string& name, const FigureAxis& axis, Range range,
                          bool numbered);

// Ticks at these places. The numbers of one axis have one notation: all with decimals ("0.00005",
// "0.0001") or all with a power of ten ("5e-6", "1e-5").
std::string tick_commands(const std::string& name, const std::vector<double>& places,
                          bool numbered);
std::vector<std::string> tick_labels(const std::vector<double>& places);

// Where ticks belong: round numbers, about five; on a logarithmic axis powers of ten, or 1, 2, 5 if
// it is short.
std::vector<double> tick_places(Range range, bool log);

// Dashed lines at the guides of the axes, as far as they lie in the ranges; they replace earlier arrows of the panel.
std::string guide_commands(const FigureAxis& x, Range x_range, const FigureAxis& y, Range y_range);

}  // namespace sinkmoe::report
