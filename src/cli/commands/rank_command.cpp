// sinkmoe rank: one of several processes that train a model together; started by a worker, or by 'sinkmoe run' where
// RANK is not 0.
#include "cli/command.h"
#include "core/text/number.h"
#include "queue/job.h"

namespace sinkmoe::cli {

namespace {

int run_rank(const Globals&, const std::vector<std::string>& args) {
  const auto parent = args.size() == 1 ? parse_number<int64_t>(args[0]) : std::nullopt;
  if (!parent)
    throw Error("the process id of its parent expected", "sinkmoe rank",
                "this command is started by 'sinkmoe run'");
  return Registry<queue::JobKind>::get("train").ranks.take_part(*parent);
}

const Registration<Command> rank_command{
    {.name = "rank",
     .help = "one of several processes that train a model (started by run)",
     .usage = "",
     .run = run_rank,
     .hidden = true,
     .torch = true}};

}  // namespace

}  // namespace sinkmoe::cli
