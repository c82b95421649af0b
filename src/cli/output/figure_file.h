// For commands that write one figure.
#pragma once

#include <filesystem>

#include "report/document/document.h"

namespace sinkmoe::cli {

// Where reports and figures of a database go: results/out, or NAME.out beside another database, so that
// none replaces those of another database.
std::filesystem::path default_out(const std::filesystem::path& db);

// Throws Error if the name ends neither in .svg nor in .png.
void check_figure_name(const std::filesystem::path& file);

// Draws the document's figure into the file, atomically; makes its folder. Throws Error: no gnuplot,
// a folder that cannot be written.
void write_figure(const report::Document& document, const std::filesystem::path& file);

}  // namespace sinkmoe::cli
