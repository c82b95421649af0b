// Escapes text from specs and databases for each output format.
#pragma once

#include <string>
#include <string_view>

namespace sinkmoe::report {

// One line: replaces control characters and invalid UTF-8; line breaks and tabs become spaces.
std::string one_line(std::string_view text);

std::string markdown_escape(std::string_view text);  // for table cells and paragraphs
std::string html_escape(std::string_view text);      // for text and quoted attributes
std::string latex_escape(std::string_view text);
// One CSV field (RFC 4180). A text that a spreadsheet would run as a formula gets a leading
// apostrophe.
std::string csv_field(std::string_view text);
// A gnuplot string in single quotes, in which nothing is evaluated.
std::string gnuplot_string(std::string_view text);

}  // namespace sinkmoe::report
