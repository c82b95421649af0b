#include "report/text/escape.h"

#include <algorithm>
#include <cctype>

#include "core/text.h"

namespace sinkmoe::report {

std::string one_line(std::string_view text) {
  std::string line = printable(text);
  std::replace_if(line.begin(), line.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return line;
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

std::string html_escape(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

namespace {

struct Replacement {
  std::string_view from, to;
};

// Characters that LaTeX reads as commands, and the symbols that our tables use.
constexpr Replacement kLatex[] = {
    {"\\", "\\textbackslash{}"},
    {"{", "\\{"},
    {"}", "\\}"},
    {"$", "\\$"},
    {"&", "\\&"},
    {"#", "\\#"},
    {"%", "\\%"},
    {"_", "\\_"},
    {"~", "\\textasciitilde{}"},
    {"^", "\\textasciicircum{}"},
    {"<", "$<$"},
    {">", "$>$"},
    {"\"", "''"},
    {"±", "$\\pm$"},
    {"Δ", "$\\Delta$"},
    {"λ", "$\\lambda$"},
    {"[", "{[}"},
    {"]", "{]}"},
    {"≥", "$\\geq$"},
    {"≤", "$\\leq$"},
    {"‖", "$\\|$"},
};

}  // namespace

std::string latex_escape(std::string_view text) {
  const std::string line = one_line(text);
  std::string out;
  for (size_t i = 0; i < line.size();) {
    const auto* hit = std::find_if(std::begin(kLatex), std::end(kLatex), [&](const Replacement& r) {
      return line.compare(i, r.from.size(), r.from) == 0;
    });
    if (hit == std::end(kLatex)) {
      out += line[i++];
    } else {
      out += hit->to;
      i += hit->from.size();
    }
  }
  return out;
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
  std::string out = "\"";
  for (const char c : clean) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

std::string gnuplot_string(std::string_view text) {
  std::string out = "'";
  for (const char c : one_line(text)) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + "'";
}

}  // namespace sinkmoe::report
