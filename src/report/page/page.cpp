#include "report/page/page.h"

#include <set>

#include "core/hash.h"
#include "core/text/count.h"
#include "core/text/split_join.h"
#include "report/page/assets.h"
#include "report/page/section.h"
#include "report/text/escape.h"

namespace sinkmoe::report {

namespace {

constexpr const char* kTitle = "Attention sinks as a native mixture of experts";

// Hexadecimal digits to base64, as a content policy names a script by its hash.
std::string base64_of_hex(const std::string& hex) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k)
      group = group << 8 |
              (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : uint32_t{0});
    for (size_t k = 0; k < 4; ++k)
      text += i + k > bytes.size() ? '=' : kLetters[group >> (18 - 6 * k) & 63];
  }
  return text;
}

// Nothing is loaded, and no other script than ours runs.
std::string html_head() {
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
         "'unsafe-inline'; img-src data:; script-src 'sha256-" +
         base64_of_hex(sha256_hex(kPageScript)) +
         "'\">\n<link rel=\"icon\" href=\"data:,\">\n<title>sinkmoe: tables and "
         "figures</title>\n<style>" +
         std::string(kPageStyle) + "</style>\n</head>\n<body>\n";
}

std::string link_to(const std::string& id, const std::string& text) {
  return "<a href=\"#" + html_escape(id) + "\">" + text + "</a>";
}

std::string intro(const PageInput& input) {
  std::string text = "<header>\n<h1>" + std::string(kTitle) + "</h1>\n<p class=\"small\">";
  if (!input.head.database.empty())
    text += "Database " + html_escape(input.head.database) + ", " +
            counted(std::ssize(input.head.runs.rows), "run") +
            (input.head.last_run.empty()
                 ? ""
                 : ", the last of which ended on " + html_escape(input.head.last_run)) +
            ". ";
  text +=
      "Made from stored runs only. A cell without runs is printed as absent; a cell with one run "
      "has no interval. <a class=\"jump\" href=\"#contents\">Contents</a></p>\n";
  for (const std::string& p : input.problems)
    text += "<p class=\"v problem\">" + html_escape(p) + "</p>\n";
  return text + "</header>\n";
}

std::string claims(const PageInput& input) {
  std::string rows;
  const std::set<std::string> ids = [&] {
    std::set<std::string> list;
    for (const Document& d : input.documents) list.insert(d.id);
    return list;
  }();
  for (const ClaimSummary& c : input.head.claims) {
    if (c.documents.empty()) continue;
    rows += "<tr><td>" + html_escape(c.claim) + "</td><td>" + html_escape(c.sentence) +
            "</td><td class=\"v " + html_escape(c.verdict.substr(0, c.verdict.find(' '))) + "\">" +
            html_escape(c.verdict) + "</td><td>" + html_escape(c.cells) + "</td><td>" +
            join(c.documents, ", ",
                 [&](const std::string& d) {
                   return ids.contains(d) ? link_to(d, html_escape(d)) : html_escape(d);
                 }) +
            "</td></tr>\n";
  }
  if (rows.empty()) return "";
  const std::string not_run = claims_not_run(input.head.claims);
  return "<section id=\"claims\">\n<h2>The paper's claims</h2>\n<div class=\"scroll\" "
         "tabindex=\"0\"><table class=\"sort\">\n<thead><tr><th scope=\"col\">claim</th><th "
         "scope=\"col\">what it says</th><th scope=\"col\">verdict</th><th scope=\"col\">cells</th><th "
         "scope=\"col\">shown in</th></tr></thead>\n<tbody>\n" +
         rows + "</tbody></table></div>\n" +
         (not_run.empty()
              ? ""
              : "<p class=\"small\">No runs yet for " + html_escape(not_run) + ".</p>\n") +
         "</section>\n";
}

std::string contents(const PageInput& input, const PageOrder& order) {
  std::string text = "<nav id=\"contents\" aria-label=\"Contents\">\n<h2>Contents</h2>\n<ul>\n";
  if (!claims(input).empty()) text += "<li>" + link_to("claims", "The paper's claims") + "</li>\n";
  for (const auto& list : {order.first, order.others})
    for (const Document* d : list) text += "<li>" + link_to(d->id, html_title(*d)) + "</li>\n";
  if (!input.head.runs.rows.empty()) text += "<li>" + link_to("runs", "Runs") + "</li>\n";
  return text + "</ul>\n</nav>\n";
}

std::string runs_table(const Table& runs) {
  if (runs.rows.empty()) return "";
  std::string text =
      "<section id=\"runs\">\n<a class=\"up\" href=\"#contents\">contents</a>\n<h2>Runs</h2>\n<div "
      "class=\"scroll\" tabindex=\"0\"><table class=\"sort\">\n<thead><tr>";
  for (const std::string& c : runs.columns) text += "<th scope=\"col\">" + html_escape(c) + "</th>";
  text += "</tr></thead>\n<tbody>\n";
  for (const auto& row : runs.rows) {
    text += "<tr id=\"run-" + html_escape(to_text(row[0])) + "\">";
    for (const Cell& cell : row) text += "<td>" + html_escape(to_text(cell)) + "</td>";
    text += "</tr>\n";
  }
  return text + "</tbody></table></div>\n</section>\n";
}

}  // namespace

std::string render_page(const PageInput& input) {
  const PageOrder order = page_order(input.documents);
  std::set<std::string> runs;
  for (const auto& row : input.head.runs.rows) runs.insert(to_text(row[0]));
  std::string text =
      html_head() + intro(input) + "<div class=\"columns\">\n<main>\n" + claims(input);
  for (const auto& list : {order.first, order.others})
    for (const Document* d : list) text += page_section(*d, input, runs);
  text += runs_table(input.head.runs);
  if (!input.absent.empty())
    text +=
        "<p class=\"small\">No runs yet for " + html_escape(join(input.absent, ", ")) + ".</p>\n";
  return text + "</main>\n" + contents(input, order) + "</div>\n<script>" +
         std::string(kPageScript) + "</script>\n</body>\n</html>\n";
}

}  // namespace sinkmoe::report
