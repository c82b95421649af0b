// For figures with one mark per row: which rows are drawn, and in which panel.
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

// Fills the document's data (the drawn rows, as the query returned them), its notes on runs that
// were left out, and provenance.seeds. Throws Error for a missing column.
RowMarks row_marks(const FigureInput& input);

// The number in a cell; throws Error with the place in the spec if it is text.
double mark_number(const Cell& cell, const FigureInput& input);

}  // namespace sinkmoe::report
