// sinkmoe merge: copies runs from another database.
#include <fmt/format.h>

#include <iostream>

#include "cli/command.h"
#include "core/text/count.h"
#include "core/text/utf8.h"
#include "plan/stored_run.h"
#include "store/merge/merge.h"

namespace sinkmoe::cli {

namespace {

int run_merge(const Globals& globals, const std::vector<std::string>& args) {
  po::options_description options("Options");
  options.add_options()("other", po::value<std::vector<std::string>>()->required(),
                        "the other databases")(
      "train-every", po::value<int64_t>()->value_name("N")->default_value(1),
      "copy training metrics (train/...) only of steps that N divides, for a "
      "smaller file");
  const auto values = parse(self("merge"), options, "other", args);
  if (!values) return 0;
  const int64_t train_every = (*values)["train-every"].as<int64_t>();
  if (train_every < 1)
    throw Error(fmt::format("--train-every is {}, not a whole number from 1", train_every), "",
                "1 copies every row, 50 copies those of every 50th step");
  const auto others = (*values)["other"].as<std::vector<std::string>>();
  // Before our database is opened, so that a refused file creates no empty database.
  for (const std::string& other : others) store::require_mergeable(other);
  store::Store store(globals.db, store::Purpose::results);
  const auto check = [](const store::ForeignRun& run) {
    return plan::contradiction(run.run_id, run.parent_id, run.config, run.identity);
  };
  // Each is one transaction; what came before a refused one stays.
  store::MergeSummary summary;
  for (const std::string& other : others) {
    const store::MergeSummary one = store::merge_database(store, other, check, train_every);
    for (const std::string& note : one.notes) std::cerr << printable(note) << "\n";
    summary.added += one.added;
    summary.kept += one.kept;
    summary.unfinished += one.unfinished;
  }
  if (globals.json)
    std::cout << fmt::format("{{\"added\": {}, \"kept\": {}, \"unfinished\": {}}}\n", summary.added,
                             summary.kept, summary.unfinished);
  else
    std::cout << fmt::format("{} added, {} already known, {} left out because not finished there\n",
                             counted(summary.added, "run"), summary.kept, summary.unfinished);
  return 0;
}

const Registration<Command> merge_command{
    {.name = "merge",
     .help = "copy runs from other databases; may be repeated",
     .usage = "OTHER.db...",
     .run = run_merge,
     .examples = "  sinkmoe merge ../gpu1/results/results.db ../gpu2/results/results.db\n"}};

}  // namespace

}  // namespace sinkmoe::cli
