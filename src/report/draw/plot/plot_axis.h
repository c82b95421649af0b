// One axis of a panel as gnuplot commands.
#pragma once

#include <string>

#include "report/draw/plot/plot_frame.h"

namespace sinkmoe::report {

// Scale, range and tics of axis "x" or "y"; without numbers at the tics when not `numbered`.
std::string axis_commands(const std::string& name, const FigureAxis& axis, Range range,
                          bool numbered);

// Dashed lines at the axes' guides, in place of the panel's earlier arrows.
std::string guide_commands(const FigureAxis& x, const FigureAxis& y);

}  // namespace sinkmoe::report
