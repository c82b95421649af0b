// Escapes text from specs and databases for each output format (CSV and Markdown: core/text/quote.h).
#pragma once

#include <string>
#include <string_view>

namespace sinkmoe::report {

std::string html_escape(std::string_view text);  // for text and quoted attributes
std::string latex_escape(std::string_view text);
// A gnuplot string in single quotes, in which nothing is evaluated.
std::string gnuplot_string(std::string_view text);

}  // namespace sinkmoe::report
