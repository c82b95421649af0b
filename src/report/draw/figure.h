// Builds the drawing of a figure artifact: query rows -> numbers shown -> gnuplot commands.
#pragma once

#include "report/document/document.h"

namespace sinkmoe::report {

// Fills figure, data, notes and provenance.seeds of `document`.
void add_figure(const Spec& spec, const Table& rows, Document& document);

}  // namespace sinkmoe::report
