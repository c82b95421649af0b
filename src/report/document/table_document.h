// Builds the grid and the tidy numbers of a table artifact.
#pragma once

#include "report/document/document.h"

namespace sinkmoe::report {

// Fills grid, data and notes of `document`.
void add_table(const Spec& spec, const Cells& cells, Document& document);

}  // namespace sinkmoe::report
