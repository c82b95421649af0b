#include "report/text/escape.h"

#include <algorithm>

#include "core/text/quote.h"
#include "core/text/split_join.h"
#include "core/text/utf8.h"

namespace sinkmoe::report {

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

std::string gnuplot_string(std::string_view text) { return in_quotes(one_line(text), '\''); }

}  // namespace sinkmoe::report
