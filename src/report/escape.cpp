#include "report/escape.h"

#include <algorithm>

#include "core/text.h"

namespace sinkmoe {

std::string one_line(std::string_view text) {
  std::string line = printable(text);
  std::replace_if(line.begin(), line.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return line;
}

std::string markdown_escape(std::string_view text) {
  std::string out;
  for (const char c : one_line(text)) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else {
      if (std::string_view("\\|`*_[]#~$!").find(c) != std::string_view::npos) out += '\\';
      out += c;
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

// Text characters that LaTeX reads as commands, and the symbols our own tables use.
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

}  // namespace sinkmoe
