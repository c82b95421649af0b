#include "cli/output/figure_file.h"

#include "core/error.h"
#include "core/file.h"
#include "core/text/split_join.h"
#include "report/draw/plot/gnuplot.h"
#include "report/write/render.h"
#include "store/default_database.h"

namespace sinkmoe::cli {

std::filesystem::path default_out(const std::filesystem::path& db) {
  if (db == store::kDefaultDatabase) return "results/out";
  return std::filesystem::path(db).replace_extension(".out");
}

void check_figure_name(const std::filesystem::path& file) {
  if (file.extension() != ".svg" && file.extension() != ".png")
    throw Error("'" + file.string() + "' ends neither in .svg nor in .png", "--out");
}

void write_figure(const report::Document& document, const std::filesystem::path& file) {
  const auto drawn =
      report::draw({}, *document.figure,
                   file.extension() == ".png" ? report::Picture::kPng : report::Picture::kSvg,
                   join(report::provenance_lines(document), "\n"));
  if (!drawn)
    throw Error("there is no program 'gnuplot'", file.string(), "apt-get install gnuplot-nox");
  if (file.has_parent_path()) ensure_writable_folder(file.parent_path());
  write_file_atomic(file, *drawn);
}

}  // namespace sinkmoe::cli
