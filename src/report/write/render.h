// Document -> text of each output format. Pure: the same document gives the same bytes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "report/document/document.h"

namespace sinkmoe::report {

std::string render_markdown(const Document& document);
std::string render_latex(const Document& document);  // tables only; needs booktabs
std::string render_csv(const Table& table);
std::string render_json(const Document& document);

// Provenance in three lines of plain text: query hash and commits, seeds, runs.
std::vector<std::string> provenance_lines(const Document& document);

// What the index shows in addition to the documents.
struct IndexInput {
  std::vector<Document> documents;
  std::map<std::string, std::string> svg;  // document id -> drawing
  std::map<std::string, std::vector<std::string>>
      files;                          // document id -> file names beside the index
  std::vector<std::string> messages;  // what failed, and why
};
std::string render_index(const IndexInput& input);

}  // namespace sinkmoe::report
