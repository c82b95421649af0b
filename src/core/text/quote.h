// Quotes and escapes texts for SQL, gnuplot, CSV and Markdown.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace sinkmoe {

// The text between two `mark`s, with every `mark` inside doubled: a string of SQL or gnuplot ('), a
// name of SQL ("), a field of CSV (").
std::string in_quotes(std::string_view text, char mark);

// One word of a shell command: as it is if nothing in it means something to a shell, else in single
// quotes. For commands in messages, which people copy.
std::string shell_word(std::string_view text);

// One CSV field (RFC 4180), with control characters replaced. A text that a spreadsheet would run
// as a formula gets a leading apostrophe; a number does not.
std::string csv_field(std::string_view text);
// The fields separated by commas, and LF, which other tools of a shell expect (RFC 4180 has CR LF).
std::string csv_row(std::span<const std::string> fields);

// Text for table cells and paragraphs of Markdown, on one line, without formatting or HTML.
std::string markdown_escape(std::string_view text);
// "| a | b |" and a newline. The cells must be escaped.
std::string markdown_row(std::span<const std::string> cells);

}  // namespace sinkmoe
