// sinkmoe export datasette: titles, descriptions and saved queries for Datasette.
#include <iostream>

#include "cli/export.h"
#include "core/file.h"
#include "core/text/quote.h"
#include "report/export/datasette.h"

namespace sinkmoe::cli {

namespace {

int export_datasette(const Globals& globals, const std::vector<std::string>& args) {
  po::options_description options("Options");
  options.add_options()("out", po::value<std::string>()->required()->value_name("FILE"),
                        "the file metadata.json");
  const auto values = parse_export("datasette", options, "", args);
  if (!values) return 0;
  const std::string file = (*values)["out"].as<std::string>();
  write_file_atomic(
      file, report::datasette_metadata(store::Reader(globals.db), globals.db.stem().string(),
                                       "results/queries"));
  if (!globals.quiet)
    std::cout << "datasette " << shell_word(globals.db.string()) << " --metadata "
              << shell_word(file) << "\n";
  return 0;
}

const Registration<Export> datasette_export{
    {.name = "datasette",
     .help = "metadata for Datasette: titles, descriptions with units, saved queries",
     .usage = "--out FILE",
     .run = export_datasette}};

}  // namespace

}  // namespace sinkmoe::cli
