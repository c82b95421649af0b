// The rows of figures that draw one mark a row: which count, which panel they are in.
#pragma once

#include <optional>
#include <vector>

#include "report/draw/figure_parts.h"

namespace sinkmoe::report {

struct RowMarks {
  std::vector<size_t> rows;  // whose run is done
  std::optional<size_t> panel_col, panel_row;
  size_t x = 0, y = 0;  // columns

  bool in_panel(const std::vector<Cell>& row, const PlotFrame& frame, size_t panel) const;
};

// Fills the document's data (the rows drawn, as the query gave them), its notes on runs left out
// and provenance.seeds. Throws Error for a missing column.
RowMarks row_marks(const FigureInput& input);

// Number of a cell; throws Error at the spec when it is text.
double mark_number(const Cell& cell, const FigureInput& input);

}  // namespace sinkmoe::report
