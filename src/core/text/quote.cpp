#include "core/text/quote.h"

#include <cctype>

#include "core/text/split_join.h"
#include "core/text/utf8.h"

namespace sinkmoe {

std::string in_quotes(std::string_view text, char mark) {
  std::string out(1, mark);
  for (const char c : text) {
    if (c == mark) out += c;
    out += c;
  }
  return out + mark;
}

std::string shell_word(std::string_view text) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
  if (!text.empty() && text.find_first_not_of(plain) == text.npos) return std::string(text);
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

std::string csv_field(std::string_view text) {
  std::string clean = printable(text);
  const bool number =
      !clean.empty() && clean.find_first_not_of("0123456789+-.eE") == std::string::npos;
  if (!clean.empty() && !number &&
      std::string_view("=+-@\t").find(clean[0]) != std::string_view::npos)
    clean.insert(0, "'");
  const bool plain = clean.find_first_of(",\"\n'") == std::string::npos && trim(clean) == clean;
  if (plain) return clean;
  return in_quotes(clean, '"');
}

std::string csv_row(std::span<const std::string> fields) {
  std::string row;
  for (size_t i = 0; i < fields.size(); ++i) row += (i ? "," : "") + csv_field(fields[i]);
  return row + "\n";
}

namespace {

bool in_word(const std::string& text, size_t i) {
  return i < text.size() && std::isalnum(static_cast<unsigned char>(text[i]));
}

// True for a mark that would start formatting here. An underscore inside a word and a bracket that
// opens no link are plain text.
bool is_markdown(const std::string& line, size_t i) {
  switch (line[i]) {
    case '_':
      return i == 0 || !in_word(line, i - 1) || !in_word(line, i + 1);
    case ']':
      return i + 1 < line.size() &&
             std::string_view("([:").find(line[i + 1]) != std::string_view::npos;
    case '[':
      return i > 0 && (line[i - 1] == '!' || line[i - 1] == ']');
    case '#':
      return i == 0;
    default:
      return std::string_view("\\|`*~$").find(line[i]) != std::string_view::npos;
  }
}

}  // namespace

std::string markdown_escape(std::string_view text) {
  const std::string line = one_line(text);
  std::string out;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '<') {
      out += "&lt;";
    } else if (line[i] == '>') {
      out += "&gt;";
    } else if (line[i] == '&') {
      out += "&amp;";
    } else {
      if (is_markdown(line, i)) out += '\\';
      out += line[i];
    }
  }
  return out;
}

std::string markdown_row(std::span<const std::string> cells) {
  std::string row = "|";
  for (const std::string& cell : cells) row += " " + markdown_escape(cell) + " |";
  return row + "\n";
}

}  // namespace sinkmoe
