// Document -> text of each output format. Pure: the same document gives the same bytes.
#pragma once

#include <string>
#include <vector>

#include "report/document/document.h"

namespace sinkmoe::report {

std::string render_markdown(const Document& document);
std::string render_latex(const Document& document);  // tables only; needs booktabs
std::string render_csv(const Table& table);
std::string render_json(const Document& document);

// Provenance in three lines of plain text: query hash and commits, seeds, runs.
std::vector<std::string> provenance_lines(const Document& document);

// The grid for a terminal of this width: right-aligned numbers; columns that do not fit are left
// out and counted in the last line.
std::string render_plain(const Grid& grid, size_t width);

}  // namespace sinkmoe::report
