// One document as a section of the page.
#pragma once

#include <set>
#include <string>

#include "report/page/page.h"

namespace sinkmoe::report {

// `runs`: the runs that have a row in the page's table of runs.
std::string page_section(const Document& document, const PageInput& input,
                         const std::set<std::string>& runs);

// A sortable table. `verdict_column` gets the colours of verdicts; "": none.
std::string html_grid(const Grid& grid, const std::string& verdict_column = "");

// "Loss and balance (grid)", escaped.
std::string html_title(const Document& document);

}  // namespace sinkmoe::report
