// What all drawings share. figure.cpp chooses the drawing by the kind of the layout.
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
  Document& document;  // the drawing fills data, notes, provenance.seeds and figure
};

// Lines: mean over seeds with a band. Bars: mean over seeds with an interval.
void draw_lines(const FigureInput& input);
void draw_bars(const FigureInput& input);
// One mark per row of the query, without averaging.
void draw_heatmap(const FigureInput& input);
void draw_scatter(const FigureInput& input);

// The distinct texts of a column: numbers by size, others in order of appearance.
std::vector<std::string> ordered_values(const Table& rows, const std::string& column,
                                        const std::string& where);
// One empty value if the layout has no such column.
PanelAxis panel_axis(const FigureInput& input, const std::optional<NamedColumn>& column);

// The series of a figure: every combination of the series columns that occurs.
struct SeriesList {
  std::vector<std::vector<std::string>> keys;
  std::vector<std::string> titles;
};
SeriesList series_list(const FigureInput& input);
// Titles, if there is more than one series.
std::vector<std::string> legend_of(const SeriesList& series);

// Caption paragraphs: the spec's caption, `rule` (what is drawn, with n), provenance.
std::vector<std::string> caption_of(const FigureInput& input, const std::string& rule);
// " 3 values at or below 0 have no place on the logarithmic axis."; "" for none.
std::string dropped_text(size_t values);
// The interval of a value, within what the axis allows. Absent below three values, because the
// interval of two is so wide that it would cover the frame.
struct Interval {
  double low = 0, high = 0;
};
std::optional<Interval> shown_interval(const stats::Summary& y, const FigureAxis& axis);
// "2.01 ± 0.02 (n = 5)" with as many digits as the interval allows.
std::string value_words(const stats::Summary& y, const FigureAxis& axis);

// A number in a data block: shortest form; NaN if absent.
std::string plot_number(const std::optional<double>& value);

}  // namespace sinkmoe::report
