// sinkmoe worker: one attempt at one run; started by the supervisor of 'sinkmoe run', not by hand.
#include "cli/command.h"
#include "queue/worker/worker.h"

namespace sinkmoe::cli {

namespace {

int run_worker(const Globals&, const std::vector<std::string>& args) {
  return queue::worker_main(queue::parse_worker_arguments(args));
}

const Registration<Command> worker_command{{.name = "worker",
                                            .help = "one attempt at one run (started by run)",
                                            .usage = "",
                                            .run = run_worker,
                                            .hidden = true,
                                            .torch = true}};

}  // namespace

}  // namespace sinkmoe::cli
