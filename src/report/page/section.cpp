#include "report/page/section.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/text/split_join.h"
#include "core/text/utf8.h"
#include "report/text/escape.h"
#include "report/write/render.h"

namespace sinkmoe::report {

namespace {

// Prefixes the ids of a drawing, so that they differ from those of the other drawings of the page.
void rename_ids(std::string& svg, const std::string& prefix) {
  const std::string mark = prefix + "-";
  for (const char* const before :
       {" id=\"", "\tid=\"", " id='", "\tid='", "url(#", "href='#", "href=\"#"})
    replace_all(svg, before, before + mark);
}

// The drawing without its XML header, and without its title and caption, which the section says
// once in text.
std::string inline_svg(std::string svg, const Document& d) {
  const size_t start = svg.find("<svg");
  if (start == std::string::npos) return "";
  svg.erase(0, start);
  rename_ids(svg, d.id);
  const size_t end = svg.find('>');
  const Figure& f = *d.figure;
  const int height = f.height - f.head - f.foot;
  const std::string head = fmt::format(
      "<svg style=\"--width: {0}px\" width=\"{0}\" height=\"{1}\" viewBox=\"0 {2} {0} {1}\" role=\"img\" aria-label=\"{3}\" "
      "xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\">",
      f.width, height, f.head, html_escape(one_line(d.title + ". " + d.caption)));
  svg.replace(0, end + 1, head);
  // Browsers would show the title of a drawing over its values.
  const size_t title = svg.find("<title>"), title_end = svg.find("</title>");
  if (title != std::string::npos && title_end != std::string::npos)
    svg.erase(title, title_end + 8 - title);
  return svg;
}

std::string marks_json(const std::vector<FigureMark>& marks) {
  nlohmann::json list = nlohmann::json::array();
  for (const FigureMark& m : marks)
    list.push_back({std::round(m.x * 10) / 10, std::round(m.y * 10) / 10, one_line(m.text)});
  return list.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string html_figure(const Document& d, const PageInput& input) {
  const auto svg = input.svg.find(d.id);
  std::string text = "<p>" + html_escape(d.caption) + "</p>\n";
  if (svg == input.svg.end())
    return text + "<p>The figure was not drawn; its numbers are in the files below.</p>\n";
  text = "<figure";
  if (!d.figure->marks.empty())
    text += " data-marks=\"" + html_escape(marks_json(d.figure->marks)) + "\"";
  return text + ">\n<div class=\"scroll\">\n" + inline_svg(svg->second, d) +
         "</div>\n<figcaption>" + html_escape(d.caption) + " " + html_escape(d.figure->rule) +
         "</figcaption>\n</figure>\n";
}

std::string html_files(const Document& d, const PageInput& input) {
  std::string text = "<p class=\"small\">Files:";
  const auto files = input.files.find(d.id);
  if (files != input.files.end())
    for (const std::string& f : files->second)
      text += " <a href=\"" + html_escape(f) + "\">" + html_escape(f) + "</a>";
  return text + "</p>\n";
}

std::string html_provenance(const Document& d, const std::set<std::string>& runs) {
  std::string text = "<details class=\"small\"><summary>Provenance: query and runs</summary>\n<p>" +
                     html_escape(provenance_lines(d)[0]) + "</p>\n<p>Runs (" +
                     std::to_string(d.provenance.runs.size()) + "):";
  for (const std::string& run : d.provenance.runs) {
    const std::string name = html_escape(run);
    text += runs.contains(run) ? " <a href=\"#run-" + name + "\">" + name + "</a>" : " " + name;
  }
  return text + "</p>\n<pre>" + html_escape(d.provenance.query) + "</pre>\n" +
         (d.provenance.cells_query.empty()
              ? ""
              : "<pre>" + html_escape(d.provenance.cells_query) + "</pre>\n") +
         "</details>\n";
}

}  // namespace

std::string html_grid(const Grid& grid, const std::string& verdict_column) {
  std::string text = "<div class=\"scroll\" tabindex=\"0\"><table class=\"sort\">\n<thead><tr>";
  for (size_t c = 0; c < grid.header.size(); ++c)
    text += std::string("<th scope=\"col\"") + (grid.right[c] ? " class=\"r\"" : "") + ">" +
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

std::string html_title(const Document& d) {
  return html_escape(d.title) +
         (d.experiment.empty() ? "" : " (" + html_escape(d.experiment) + ")");
}

std::string page_section(const Document& d, const PageInput& input,
                         const std::set<std::string>& runs) {
  std::string text = "<section id=\"" + html_escape(d.id) +
                     "\">\n<a class=\"up\" href=\"#contents\">contents</a>\n<h2>" + html_title(d) +
                     "</h2>\n<p class=\"small\">" + html_escape(d.paper);
  for (const std::string& claim : d.claims)
    text += (&claim == &d.claims.front() ? "; claims " : ", ") + html_escape(claim);
  text += "</p>\n";
  if (d.figure) text += html_figure(d, input);
  if (d.grid)
    text += "<p>" + html_escape(d.caption) + "</p>\n" + html_grid(*d.grid) + "<p class=\"small\">" +
            html_escape(d.grid_note) + "</p>\n";
  if (!d.judgements.empty())
    text += "<h3>Verdicts</h3>\n" + html_grid(verdict_grid(d.judgements), "verdict");
  if (!d.notes.empty()) text += "<ul class=\"small\">\n";
  for (const std::string& note : d.notes) text += "<li>" + html_escape(note) + "</li>\n";
  if (!d.notes.empty()) text += "</ul>\n";
  return text + html_files(d, input) + html_provenance(d, runs) + "</section>\n";
}

}  // namespace sinkmoe::report
