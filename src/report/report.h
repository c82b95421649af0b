// Specs + database -> documents -> files. Everything is computed before the first file is written.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "report/document/document.h"
#include "report/draw/plot/gnuplot.h"
#include "report/page/page.h"
#include "report/sweep/axes.h"

namespace sinkmoe::report {

struct Documents {
  std::vector<Document> list;  // by artifact as given, then by experiment in the order of the spec;
                               // the documents of sweeps come last
  std::vector<std::string> problems;  // what failed, and why
  std::vector<std::string> absent;    // artifacts of which no experiment is in the database
};

// Whether experiments also get the standard table and figures of a sweep.
enum class Sweeps { kNone, kOwn };

// `only`: the experiments to show; empty: all. The cells of all experiments are judged together, also
// those of `others`, specs that are not shown: the verdict of a cell is the same whatever is shown.
// Sweeps::kOwn adds the standard documents of the
// experiments in `only`, or of those that no artifact names. Throws Error if the database has no
// view experiment_wide, or no experiment of a name in `only`.
Documents make_documents(const std::vector<Spec>& specs, const QueryFunction& query,
                         const std::vector<std::string>& only = {},
                         const std::vector<Spec>& others = {}, Sweeps sweeps = Sweeps::kNone);

// One document of a spec for one experiment ("": the query uses none).
Document make_one(const Spec& spec, const std::string& experiment, const QueryFunction& query);

struct Written {
  std::vector<std::string> files;     // names in the folder
  std::vector<std::string> problems;  // figures that could not be drawn
};

struct WriteOptions {
  Gnuplot gnuplot;
  // The page's file name; "": no page, because these are not all documents, and it would hide the others.
  std::string index = "index.html";
  PageHead head;
};

// Writes every format of every document, and the page, each file atomically. Throws Error if the
// folder cannot be written.
Written write_documents(const Documents& documents, const std::filesystem::path& folder,
                        const WriteOptions& options = {});

}  // namespace sinkmoe::report
