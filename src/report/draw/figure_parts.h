// What the drawings have in common; figure.cpp chooses the one of the layout's kind.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/document/document.h"
#include "report/draw/plot/plot_frame.h"
#include "report/judge/cells.h"

namespace sinkmoe::report {

struct FigureInput {
  const Spec& spec;
  const Table& rows;
  Document& document;  // data, notes, provenance.seeds and figure are filled
};

// Mean over seeds with a band; mean with an interval.
void draw_lines(const FigureInput& input);
void draw_bars(const FigureInput& input);
// One mark a row of the query, nothing averaged.
void draw_heatmap(const FigureInput& input);
void draw_scatter(const FigureInput& input);

// The different texts of a column, numbers in order of size, others in order of appearance.
std::vector<std::string> ordered_values(const Table& rows, const std::string& column,
                                        const std::string& where);
// One empty value when the layout has no such column.
PanelAxis panel_axis(const FigureInput& input, const std::optional<NamedColumn>& column);

// The series of a figure: every combination of the series columns that occurs.
struct SeriesList {
  std::vector<std::vector<std::string>> keys;
  std::vector<std::string> titles;
};
SeriesList series_list(const FigureInput& input);
// Titles where there is more than one series.
std::vector<std::string> legend_of(const SeriesList& series);

// Caption paragraphs: the spec's own, `rule` (what is drawn, with n), provenance.
std::vector<std::string> caption_of(const FigureInput& input, const std::string& rule);

// A number in a data block: shortest form, NaN for none.
std::string plot_number(const std::optional<double>& value);

}  // namespace sinkmoe::report
