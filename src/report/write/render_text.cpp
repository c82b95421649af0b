// Renders Markdown and LaTeX.
#include <fmt/format.h>

#include <algorithm>

#include "core/text/count.h"
#include "core/text/quote.h"
#include "core/text/split_join.h"
#include "core/text/utf8.h"
#include "report/text/escape.h"
#include "report/write/render.h"

namespace sinkmoe::report {

namespace {

std::string markdown_grid(const Grid& grid) {
  std::string text = markdown_row(grid.header) + "|";
  for (const bool right : grid.right) text += right ? " ---: |" : " --- |";
  text += "\n";
  for (const auto& row : grid.rows) text += markdown_row(row);
  return text;
}

std::string latex_grid(const Grid& grid) {
  std::string text = "\\begin{tabular}{";
  for (const bool right : grid.right) text += right ? 'r' : 'l';
  text += "}\n\\toprule\n";
  const auto line = [&](const std::vector<std::string>& cells) {
    return join(cells, " & ", latex_escape) + " \\\\\n";
  };
  text += line(grid.header) + "\\midrule\n";
  for (const auto& row : grid.rows) text += line(row);
  return text + "\\bottomrule\n\\end{tabular}\n";
}

}  // namespace

std::vector<std::string> provenance_lines(const Document& d) {
  const Provenance& p = d.provenance;
  const std::string where = d.experiment.empty() ? "" : "Experiment " + d.experiment + "; ";
  return {where + p.seeds + "; query " + p.query_sha256.substr(0, 12) + "; commits of the runs: " +
              (p.commits.empty() ? "unknown" : join(p.commits, ", ")) + ".",
          "Runs (" + std::to_string(p.runs.size()) + "): " + join(p.runs, " ")};
}

std::string render_markdown(const Document& d) {
  std::string text = "# " + markdown_escape(d.title) + "\n\n" + markdown_escape(d.paper);
  if (!d.claims.empty()) text += "; claims " + markdown_escape(join(d.claims, ", "));
  text += ".\n\n";
  if (!d.caption.empty()) text += markdown_escape(d.caption) + "\n\n";
  if (d.grid) text += markdown_grid(*d.grid) + "\n" + markdown_escape(d.grid_note) + "\n\n";
  if (d.figure) text += "![" + markdown_escape(d.title) + "](" + d.id + ".svg)\n\n";
  if (!d.judgements.empty())
    text += "## Verdicts\n\n" + markdown_grid(verdict_grid(d.judgements)) + "\n";
  for (const std::string& note : d.notes) text += "- " + markdown_escape(note) + "\n";
  if (!d.notes.empty()) text += "\n";
  for (const std::string& line : provenance_lines(d)) text += markdown_escape(line) + "\n\n";
  text.pop_back();
  return text;
}

std::string render_plain(const Grid& grid, size_t width) {
  std::vector<size_t> widths;
  for (size_t c = 0; c < grid.header.size(); ++c) {
    size_t most = characters(one_line(grid.header[c]));
    for (const auto& row : grid.rows) most = std::max(most, characters(one_line(row[c])));
    widths.push_back(most);
  }
  size_t columns = 0, used = 0;
  while (columns < widths.size() && used + widths[columns] <= width) used += widths[columns++] + 2;
  std::string text;
  const auto add_line = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (size_t c = 0; c < columns; ++c) {
      const std::string cell = one_line(cells[c]), pad(widths[c] - characters(cell), ' ');
      line += (c ? "  " : "") + (grid.right[c] ? pad + cell : cell + pad);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  };
  add_line(grid.header);
  for (const auto& row : grid.rows) add_line(row);
  const size_t more = widths.size() - columns;
  if (more > 0)
    text += "(" + counted(static_cast<int64_t>(more), "more column") + " in the files)\n";
  return text;
}

std::string render_latex(const Document& d) {
  std::string text;
  for (const std::string& line : provenance_lines(d)) text += "% " + one_line(line) + "\n";
  text += "\\begin{table}\n\\centering\n\\caption{" + latex_escape(d.title) + ". " +
          latex_escape(d.caption) + " " + latex_escape(d.grid_note) + "}\n\\label{tab:" + d.id +
          "}\n";
  if (d.grid) text += latex_grid(*d.grid);
  for (const std::string& note : d.notes)
    text += "\\par\\footnotesize " + latex_escape(note) + "\n";
  text += "\\end{table}\n";
  if (!d.judgements.empty())
    text += "\n\\begin{table}\n\\centering\n\\caption{Verdicts: " + latex_escape(d.title) + "}\n" +
            latex_grid(verdict_grid(d.judgements)) + "\\end{table}\n";
  return text;
}

}  // namespace sinkmoe::report
