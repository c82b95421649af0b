// sinkmoe export: hands what a run produced to other programs.
#include <fmt/format.h>

#include <iostream>

#include "cli/export.h"
#include "core/error.h"
#include "core/text/suggest.h"

namespace sinkmoe::cli {

namespace {

void print_help() {
  std::cout << "usage: sinkmoe export KIND ...\n\n";
  for (const auto& [name, kind] : Registry<Export>::all())
    std::cout << fmt::format("  sinkmoe export {} {}\n      {}\n", name, kind.usage, kind.help);
  std::cout
      << "\nExamples:\n"
         "  sinkmoe export curves quick --out curves\n"
         "  sinkmoe export curves quick --out tb --tensorboard --metric train/loss\n"
         "  sinkmoe export datasette --out metadata.json\n"
         "  scripts/parquet.py results/results.db run_wide runs.parquet     # needs pyarrow\n";
}

int run_export(const Globals& globals, const std::vector<std::string>& args) {
  if (args.empty())
    throw Error("say what to export", "sinkmoe export", "see 'sinkmoe export --help'");
  if (args[0] == "--help" || args[0] == "-h") {
    print_help();
    return 0;
  }
  const auto& kinds = Registry<Export>::all();
  const auto found = kinds.find(args[0]);
  if (found == kinds.end()) {
    std::vector<std::string> names;
    for (const auto& [name, kind] : kinds) names.push_back(name);
    throw Error("cannot export '" + args[0] + "'", "sinkmoe export", known_names(args[0], names));
  }
  return found->second.run(globals, {args.begin() + 1, args.end()});
}

const Registration<Command> export_command{
    {.name = "export",
     .help = "write models, curves or metadata in forms that other programs read",
     .usage = "model RUN --out DIR | curves EXPERIMENT --out DIR | datasette --out FILE",
     .run = run_export}};

}  // namespace

std::optional<po::variables_map> parse_export(const std::string& name,
                                              const po::options_description& options,
                                              const std::string& positional,
                                              const std::vector<std::string>& args) {
  const Export& kind = Registry<Export>::get(name);
  return parse({.name = "export " + name, .help = kind.help, .usage = kind.usage, .run = {}},
               options, positional, args);
}

}  // namespace sinkmoe::cli
