// sinkmoe void: removes a run from every view and stores the reason.
#include <iostream>

#include "cli/command.h"
#include "cli/run_lookup.h"
#include "core/text/split_join.h"
#include "store/read/query.h"
#include "store/sqlite/database_file.h"
#include "store/store.h"

namespace sinkmoe::cli {

namespace {

int run_void(const Globals& globals, const std::vector<std::string>& args) {
  po::options_description options("Options");
  options.add_options()("why", po::value<std::string>()->required(), "the reason; it is stored")(
      "run", po::value<std::vector<std::string>>()->required(), "run_ids or starts of them");
  const auto values = parse(self("void"), options, "run", args);
  if (!values) return 0;
  const std::string why((trim((*values)["why"].as<std::string>())));
  if (why.empty()) throw Error("the reason is empty", "sinkmoe void", "say why: --why TEXT");
  const std::vector<std::string> runs =
      find_runs(store::Reader(globals.db), (*values)["run"].as<std::vector<std::string>>());
  store::require_intact(globals.db);
  store::Store store(globals.db);
  for (const std::string& run : runs) {
    store.void_run(run, why);
    if (!globals.quiet) std::cout << "run " << run << " is void; 'sinkmoe run' trains it again\n";
  }
  return 0;
}

const Registration<Command> void_command{
    {.name = "void",
     .help = "remove a run from every table and figure; 'run' trains it again",
     .usage = "RUN... --why TEXT",
     .run = run_void,
     .examples = "  sinkmoe void 3fa1 77c0 --why \"trained on the wrong text\"\n"}};

}  // namespace

}  // namespace sinkmoe::cli
