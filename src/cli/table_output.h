// Prints a table of values as text for the terminal, CSV, JSON or Markdown.
#pragma once

#include <ostream>
#include <string>

#include "core/table.h"

namespace sinkmoe::cli {

enum class TableFormat { text, csv, json, markdown, vertical, latex };

// Text, CSV and Markdown have control characters replaced. CSV follows RFC 4180 but for
// its line end, which is LF, and puts an apostrophe before a text that a spreadsheet would take for a formula. JSON is an
// array of objects; a second column of one name becomes NAME_2. Vertical text has a line for each
// value that is not NULL, and an empty line between rows. LaTeX is a tabular with the lines of booktabs.
void write_table(std::ostream& out, const Table& table, TableFormat format);

}  // namespace sinkmoe::cli
