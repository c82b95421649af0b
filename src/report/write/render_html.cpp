// Renders index.html: every table and figure in one file that opens without network.
#include <algorithm>

#include "core/text/split_join.h"
#include "report/text/escape.h"
#include "report/write/render.h"

namespace sinkmoe::report {

namespace {

constexpr const char* kHead = R"html(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>sinkmoe: tables and figures</title>
<style>
body { font: 15px/1.5 "DejaVu Sans", Verdana, Arial, sans-serif; color: #202020; max-width: 1080px; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.5em; } h2 { font-size: 1.2em; margin-top: 2.5em; border-top: 1px solid #ccc; padding-top: 1em; }
nav ul { columns: 2; } .scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; margin: 1em 0; }
th, td { padding: 3px 10px; border-bottom: 1px solid #ddd; text-align: left; vertical-align: top; }
thead th { border-bottom: 2px solid #444; } .r { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.v { font-weight: bold; } .supported { color: #00694c; } .contradicted, .excluded { color: #a83c00; }
.small { font-size: 12px; color: #505050; } .small code { overflow-wrap: anywhere; }
figure { margin: 1em 0; } svg { max-width: 100%; height: auto; } pre { white-space: pre-wrap; }
</style>
</head>
<body>
)html";

std::string html_grid(const Grid& grid, const std::string& verdict_column = "") {
  std::string text = "<div class=\"scroll\"><table>\n<thead><tr>";
  for (size_t c = 0; c < grid.header.size(); ++c)
    text += std::string("<th") + (grid.right[c] ? " class=\"r\"" : "") + ">" +
            html_escape(grid.header[c]) + "</th>";
  text += "</tr></thead>\n<tbody>\n";
  for (const auto& row : grid.rows) {
    text += "<tr>";
    for (size_t c = 0; c < row.size(); ++c) {
      std::string kind = grid.right[c] ? "r" : "";
      if (grid.header[c] == verdict_column && !verdict_column.empty())
        kind = "v " + row[c].substr(0, row[c].find_first_of(" :"));
      text += "<td" + (kind.empty() ? "" : " class=\"" + html_escape(kind) + "\"") + ">" +
              html_escape(row[c]) + "</td>";
    }
    text += "</tr>\n";
  }
  return text + "</tbody></table></div>\n";
}

// The drawing without its XML header. Its ids get a prefix, so that they differ from those of the
// other drawings on the page.
std::string inline_svg(std::string svg, const std::string& prefix) {
  const size_t start = svg.find("<svg");
  if (start == std::string::npos) return "";
  svg.erase(0, start);
  const std::string mark = prefix + "-";
  for (const char* const before :
       {" id=\"", "\tid=\"", " id='", "\tid='", "url(#", "href='#", "href=\"#"})
    replace_all(svg, before, before + mark);
  return svg;
}

std::string section(const Document& d, const IndexInput& input) {
  std::string text = "<h2 id=\"" + html_escape(d.id) + "\">" + html_escape(d.title) +
                     (d.experiment.empty() ? "" : " (" + html_escape(d.experiment) + ")") +
                     "</h2>\n";
  text += "<p class=\"small\">" + html_escape(d.paper);
  for (const std::string& claim : d.claims)
    text += (&claim == &d.claims.front() ? "; claims " : ", ") + html_escape(claim);
  text += "</p>\n<p>" + html_escape(d.caption) + "</p>\n";
  if (d.grid)
    text += html_grid(*d.grid) + "<p class=\"small\">" + html_escape(d.grid_note) + "</p>\n";
  const auto svg = input.svg.find(d.id);
  if (svg != input.svg.end()) text += "<figure>\n" + inline_svg(svg->second, d.id) + "</figure>\n";
  if (d.figure && svg == input.svg.end())
    text += "<p>The figure was not drawn; its numbers are in the files below.</p>\n";
  if (!d.judgements.empty())
    text += "<h3>Verdicts</h3>\n" + html_grid(verdict_grid(d.judgements), "verdict");
  if (!d.notes.empty()) text += "<ul class=\"small\">\n";
  for (const std::string& note : d.notes) text += "<li>" + html_escape(note) + "</li>\n";
  if (!d.notes.empty()) text += "</ul>\n";
  text += "<p class=\"small\">Files:";
  const auto files = input.files.find(d.id);
  if (files != input.files.end())
    for (const std::string& f : files->second)
      text += " <a href=\"" + html_escape(f) + "\">" + html_escape(f) + "</a>";
  text += "</p>\n<details class=\"small\"><summary>Provenance</summary>\n";
  for (const std::string& line : provenance_lines(d))
    text += "<p><code>" + html_escape(line) + "</code></p>\n";
  return text + "<pre>" + html_escape(d.provenance.query) + "</pre>\n<pre>" +
         html_escape(d.provenance.cells_query) + "</pre></details>\n";
}

}  // namespace

std::string render_index(const IndexInput& input) {
  std::string text =
      std::string(kHead) +
      "<h1>Attention sinks as a native mixture of experts: tables and figures</h1>\n";
  text +=
      "<p>Made from stored runs only. A cell without runs is printed as absent; a cell with one "
      "run has no interval.</p>\n";
  for (const std::string& m : input.messages)
    text += "<p class=\"v contradicted\">" + html_escape(m) + "</p>\n";
  text += "<nav><ul>\n";
  for (const Document& d : input.documents)
    text += "<li><a href=\"#" + html_escape(d.id) + "\">" + html_escape(d.title) +
            (d.experiment.empty() ? "" : " (" + html_escape(d.experiment) + ")") + "</a></li>\n";
  text += "</ul></nav>\n";
  for (const Document& d : input.documents) text += section(d, input);
  return text + "</body>\n</html>\n";
}

}  // namespace sinkmoe::report
