// Text between quotation marks, and texts for formats that need some.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace sinkmoe {

// `mark`, the text with every `mark` in it doubled, `mark`: a string of SQL or gnuplot ('), a name of SQL ("), a field of CSV (").
std::string in_quotes(std::string_view text, char mark);

// One CSV field (RFC 4180), control characters replaced. A text that a spreadsheet would run as a formula gets a leading
// apostrophe; a number does not.
std::string csv_field(std::string_view text);
// The fields with commas between them and the line end of RFC 4180, CR LF.
std::string csv_row(std::span<const std::string> fields);

// Text for Markdown's table cells and paragraphs, on one line: nothing in it is formatting or HTML.
std::string markdown_escape(std::string_view text);
// "| a | b |" and a newline, of cells that are escaped.
std::string markdown_row(std::span<const std::string> cells);

}  // namespace sinkmoe
