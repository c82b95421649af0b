// Specs + database -> documents -> files. Everything is computed before the first file is written.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "report/document/document.h"
#include "report/draw/plot/gnuplot.h"

namespace sinkmoe::report {

// Runs one SELECT: Reader::query, or hand-made tables in tests.
using QueryFunction = std::function<Table(const std::string& sql)>;

struct Documents {
  std::vector<Document> list;  // by artifact as given, then by experiment in the spec's order
  std::vector<std::string> problems;  // what could not be made, and why
  std::vector<std::string> absent;    // artifacts without any experiment of theirs in the database
};

// `only`: experiments to be shown, empty: all. Throws Error when the database
// has no view experiment_wide.
Documents make_documents(const std::vector<Spec>& specs, const QueryFunction& query,
                         const std::vector<std::string>& only = {});

struct Written {
  std::vector<std::string> files;     // names in the folder
  std::vector<std::string> problems;  // figures that could not be drawn
};

struct WriteOptions {
  Gnuplot gnuplot;
  bool index = true;  // false: the documents are not all there are, an index of them alone would
                      // hide the rest
};

// Every format of every document, and index.html, each atomically. Throws Error: the
// folder cannot be written.
Written write_documents(const Documents& documents, const std::filesystem::path& folder,
                        const WriteOptions& options = {});

}  // namespace sinkmoe::report
