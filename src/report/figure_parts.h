// The drawings by layout kind; figure.cpp chooses.
#pragma once

#include <string>
#include <vector>

#include "report/cells.h"
#include "report/document.h"
#include "report/plot_frame.h"

namespace sinkmoe {

struct FigureInput {
  const Spec& spec;
  const Table& rows;
  Document& document;  // data, notes, provenance.seeds and figure are filled
};

void draw_lines(const FigureInput& input);
void draw_bars(const FigureInput& input);
void draw_heatmap(const FigureInput& input);
void draw_scatter(const FigureInput& input);

// The different texts of a column, numbers in order of size, others in order of appearance.
std::vector<std::string> ordered_values(const Table& rows, const NamedColumn& column,
                                        const std::string& where);
// One empty value when the layout has no such column.
PanelAxis panel_axis(const FigureInput& input, const std::optional<NamedColumn>& column);

// The series of a figure: every combination of the series columns that occurs.
struct SeriesList {
  std::vector<std::vector<std::string>> keys;
  std::vector<std::string> titles;
};
SeriesList series_list(const FigureInput& input);
// Lines the legend takes in a page of this many panel columns.
size_t legend_lines(const SeriesList& series, size_t panel_columns);

// Caption paragraphs: the spec's own, `rule` (what is drawn, with n), provenance.
std::vector<std::string> caption_of(const FigureInput& input, const std::string& rule);

// Rows whose run is done; a note counts the runs left out.
std::vector<size_t> done_rows(const FigureInput& input);

// A number in a data block: shortest form, NaN for none.
std::string plot_number(const std::optional<double>& value);

}  // namespace sinkmoe
