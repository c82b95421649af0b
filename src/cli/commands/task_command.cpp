// sinkmoe task: a task of a job array; started by the batch script of 'sinkmoe run --launcher', not by hand.
#include "cli/command.h"
#include "queue/launcher/task.h"

namespace sinkmoe::cli {

namespace {

int run_task(const Globals&, const std::vector<std::string>& args) {
  if (args.size() != 1)
    throw Error("one argument expected: the job's folder", "sinkmoe task",
                "the batch script of a job starts this command");
  return queue::task_main(args[0]);
}

const Registration<Command> task_command{
    {.name = "task",
     .help = "a task of a job array (started by its batch script)",
     .usage = "",
     .run = run_task,
     .hidden = true,
     .torch = true}};

}  // namespace

}  // namespace sinkmoe::cli
