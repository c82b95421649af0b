// Specs + database -> documents -> files. Everything is computed before the first file is written.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "report/document/document.h"
#include "report/draw/plot/gnuplot.h"

namespace sinkmoe::report {

// Runs one SELECT: Reader::query, or fixed tables in tests.
using QueryFunction = std::function<Table(const std::string& sql)>;

struct Documents {
  std::vector<Document> list;  // by artifact as given, then by experiment in the order of the spec
  std::vector<std::string> problems;  // what failed, and why
  std::vector<std::string> absent;    // artifacts of which no experiment is in the database
};

// `only`: the experiments to show; empty: all. The cells of all experiments are judged together, also
// those of `others`, specs that are not shown: the verdict of a cell is the same whatever is shown.
// Throws Error if the database has no view experiment_wide.
Documents make_documents(const std::vector<Spec>& specs, const QueryFunction& query,
                         const std::vector<std::string>& only = {},
                         const std::vector<Spec>& others = {});

struct Written {
  std::vector<std::string> files;     // names in the folder
  std::vector<std::string> problems;  // figures that could not be drawn
};

struct WriteOptions {
  Gnuplot gnuplot;
  bool index = true;  // false: these are not all documents, and an index of them alone would
                      // hide the others
};

// Writes every format of every document, and index.html, each file atomically. Throws Error if the
// folder cannot be written.
Written write_documents(const Documents& documents, const std::filesystem::path& folder,
                        const WriteOptions& options = {});

}  // namespace sinkmoe::report
