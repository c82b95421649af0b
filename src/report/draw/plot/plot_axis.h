// One axis of a panel as gnuplot commands.
#pragma once

#include <string>

#include "report/draw/plot/plot_frame.h"

namespace sinkmoe::report {

// Scale, range and ticks of axis "x" or "y"; the ticks have numbers only if `numbered`.
std::string axis_commands(const std::string& name, const FigureAxis& axis, Range range,
                          bool numbered);

// Dashed lines at the guides of the axes; they replace earlier arrows of the panel.
std::string guide_commands(const FigureAxis& x, const FigureAxis& y);

}  // namespace sinkmoe::report
