// sinkmoe merge: brings in runs made elsewhere.
#include <fmt/format.h>

#include <iostream>

#include "cli/command.h"
#include "plan/stored_run.h"
#include "store/merge.h"

namespace sinkmoe::cli {

namespace {

int run(const Globals& globals, const std::vector<std::string>& args) {
  po::options_description options("Options");
  options.add_options()("other", po::value<std::string>()->required(), "the other database");
  const auto values = parse(self("merge"), options, "other", args);
  if (!values) return 0;
  const std::filesystem::path other = (*values)["other"].as<std::string>();
  // Looked at before ours is opened, so that a wrong path makes no empty database.
  if (!std::filesystem::exists(other))
    throw Error("no database there", other.string(), "give the path of a sinkmoe database");
  Store store(globals.db);
  const MergeSummary summary = merge_database(store, other, [](const ForeignRun& run) {
    return contradiction(run.run_id, run.parent_id, run.config, run.identity);
  });
  for (const std::string& note : summary.notes) std::cerr << printable(note) << "\n";
  if (globals.json)
    std::cout << fmt::format("{{\"added\": {}, \"kept\": {}, \"unfinished\": {}}}\n", summary.added,
                             summary.kept, summary.unfinished);
  else
    std::cout << fmt::format(
        "{} runs added, {} known already, {} left out because they are not finished there\n",
        summary.added, summary.kept, summary.unfinished);
  return 0;
}

const Registration<Command> reg{{.name = "merge",
                                 .help = "bring in runs made elsewhere; may be repeated",
                                 .usage = "OTHER.db",
                                 .run = run}};

}  // namespace

}  // namespace sinkmoe::cli
