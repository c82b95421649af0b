// The launcher "slurm": tasks of a job array, through the programs sbatch, squeue, scontrol and scancel.
#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

#include "core/text/count.h"
#include "core/text/number.h"
#include "core/text/quote.h"
#include "core/text/split_join.h"
#include "core/text/utf8.h"
#include "queue/launcher/command.h"
#include "queue/launcher/launcher.h"

namespace sinkmoe::queue {

namespace {

// In a line of #SBATCH a blank ends a value unless it is quoted.
std::string sbatch_value(const std::string& text) {
  return text.find_first_of(" \t#") == text.npos ? text : "\"" + text + "\"";
}

// In the name of a log, Slurm replaces %a and the like; %% is a plain %.
std::string log_pattern(const std::filesystem::path& folder) {
  std::string text = folder.string();
  replace_all(text, "%", "%%");
  return sbatch_value(text + "/task-%a.txt");
}

std::string script(const ArrayJob& job, const LauncherOptions& o) {
  int64_t runs = 0;
  for (const auto& task : job.tasks) runs += std::ssize(task);
  std::string text = fmt::format(
      "#!/bin/bash\n"
      "# {} of the experiment {}, in {}.\n"
      "# Each run is trained in a database of its own; 'sinkmoe run ... --launcher slurm' collects them.\n",
      counted(runs, "run"), printable(one_line(job.experiment)),
      counted(std::ssize(job.tasks), "task"));
  const auto line = [&](const std::string& option) { text += "#SBATCH " + option + "\n"; };
  const auto given = [&](const char* name, const std::string& value) {
    if (!value.empty()) line(fmt::format("--{}={}", name, sbatch_value(value)));
  };
  line("--job-name=sinkmoe-" + job.folder.filename().string());
  line(fmt::format("--array=0-{}{}", job.tasks.size() - 1,
                   o.array_limit > 0 ? fmt::format("%{}", o.array_limit) : ""));
  line("--chdir=" + sbatch_value(job.workdir.string()));
  line("--output=" + log_pattern(job.folder));
  line("--open-mode=append");
  line("--requeue");
  line(fmt::format("--signal=B:USR1@{}", o.signal_seconds));
  line("--nodes=1");
  line("--ntasks=1");
  line(fmt::format("--cpus-per-task={}", job.cpus));
  if (job.gpus > 0) line(fmt::format("--gpus-per-task={}", job.gpus));
  given("partition", o.partition);
  given("time", o.time);
  given("account", o.account);
  given("qos", o.qos);
  given("mem", o.mem);
  for (const std::string& option : o.sbatch_option) line(option);
  text += "set -euo pipefail\n";
  if (!o.setup.empty()) text += o.setup + "\n";
  // exec: the program itself gets the signals of the scheduler.
  return text + "exec " + shell_word(job.program.string()) + " task " +
         shell_word(job.folder.string()) + "\n";
}

std::string complaint(const CommandResult& result) {
  return std::string(trim(result.errors.empty() ? result.output : result.errors));
}

std::string submit(const std::filesystem::path& script, const std::vector<std::string>& after) {
  std::vector<std::string> words = {"sbatch", "--parsable"};
  if (!after.empty()) words.push_back("--dependency=afterany:" + join(after, ":"));
  words.push_back(script.string());
  const CommandResult result = run_command(words);
  if (!result.ended || result.code != 0)
    throw Error("sbatch refused the job: " + one_line(complaint(result)), script.string(),
                "nothing was submitted; correct the options, or submit where sbatch works");
  // "1234" or "1234;cluster"
  const std::string id = split(std::string(trim(result.output)), ';')[0];
  if (!parse_number<int64_t>(id))
    throw Error("sbatch gave no job id: " + one_line(result.output), script.string());
  return id;
}

std::string user_name() {
  const passwd* entry = ::getpwuid(::geteuid());
  return entry ? entry->pw_name : std::to_string(::geteuid());
}

// "12|3|PENDING|Priority|node7"
void add_state(const std::string& line, TaskStates& states) {
  const std::vector<std::string> parts = split(line, '|');
  if (parts.size() < 5) return;
  const auto task = parse_number<int64_t>(parts[1]);
  if (!task) return;  // no task of an array
  const std::string& state = parts[2];
  TaskState s{.text = state};
  const bool waits = state == "PENDING" || state == "REQUEUED" || state == "REQUEUE_HOLD" ||
                     state == "REQUEUE_FED" || state == "SPECIAL_EXIT" || state == "RESV_DEL_HOLD";
  const bool works = state == "RUNNING" || state == "COMPLETING" || state == "CONFIGURING" ||
                     state == "SUSPENDED" || state == "STOPPED" || state == "SIGNALING" ||
                     state == "STAGE_OUT" || state == "RESIZING";
  s.phase = waits ? TaskPhase::queued : works ? TaskPhase::running : TaskPhase::over;
  if (waits && parts[3] != "None") s.text += " (" + parts[3] + ")";
  if (works && !parts[4].empty()) s.text += " on " + parts[4];
  s.cancelled = state == "CANCELLED";
  states[{parts[0], *task}] = s;
}

std::optional<TaskStates> states(std::string& why) {
  const CommandResult result = run_command({"squeue", "--noheader", "--array", "--states=all",
                                            "--user=" + user_name(), "--format=%F|%K|%T|%r|%N"});
  if (!result.ended || result.code != 0) {
    why = one_line(complaint(result));
    return std::nullopt;
  }
  TaskStates all;
  for (const std::string& line : split(result.output, '\n')) add_state(line, all);
  return all;
}

std::optional<TaskIdentity> identity() {
  const char *job = std::getenv("SLURM_ARRAY_JOB_ID"), *task = std::getenv("SLURM_ARRAY_TASK_ID");
  const auto number = task ? parse_number<int64_t>(task) : std::nullopt;
  if (!job || !number) return std::nullopt;
  return TaskIdentity{job, *number};
}

void requeue(const TaskIdentity& task) {
  const CommandResult result =
      run_command({"scontrol", "requeue", fmt::format("{}_{}", task.job, task.task)});
  if (!result.ended || result.code != 0)
    fmt::print(stderr,
               "not queued again: {}; the command that submitted it submits the run again\n",
               one_line(complaint(result)));
}

const Registration<Launcher> reg{
    {.name = "slurm",
     .help = "tasks of a Slurm job array",
     .script = script,
     .submit = submit,
     .cancel = [](const std::string& job) { run_command({"scancel", job}); },
     .cancel_command = [](const std::string& job) { return "scancel " + job; },
     .states = states,
     .identity = identity,
     .requeue = requeue}};

}  // namespace

}  // namespace sinkmoe::queue
