// sinkmoe run: trains the missing runs of an experiment.
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/launch/launcher_arguments.h"
#include "cli/override_help.h"
#include "core/text/utf8.h"
#include "queue/job.h"
#include "queue/launcher/job_sweep.h"
#include "queue/rank_place.h"

namespace sinkmoe::cli {

namespace {

po::options_description describe_options() {
  po::options_description options("Options");
  options.add_options()("workers", po::value<int64_t>()->default_value(0),
                        "runs at a time; 0: as many as the cores or GPUs allow")(
      "device", po::value<std::string>()->value_name("cpu|cuda"), "the same as run.device=...")(
      "on-fail", po::value<std::string>()->default_value("continue")->value_name("continue|stop"),
      "what to do when a run fails")(
      "keep", po::value<std::string>()->default_value("final")->value_name("none|final|all"),
      "which checkpoints of a done run to keep")("retry-failed",
                                                 "retry failed and quarantined runs")(
      "crashes", po::value<int64_t>()->default_value(3),
      "crashes in a row after which a run is quarantined")(
      "lease", po::value<double>()->default_value(60),
      "seconds after which a silent worker loses its run")(
      "stall", po::value<double>()->default_value(300),
      "seconds without a sign of life that end an attempt")(
      "name", po::value<std::string>(),
      "name to store the list of runs under; default: the experiment's, overrides added")(
      "replace", "put this list in the place of a stored one of the same name")(
      "detach", "with --launcher slurm: submit and return; the same command later collects")(
      "experiment", po::value<std::vector<std::string>>(), "experiment, then overrides");
  add_launcher_options(options);
  return options;
}

// The job is chosen by drills of the queue only.
po::options_description hidden_options() {
  po::options_description options;
  options.add_options()("job", po::value<std::string>()->default_value("train"), "");
  return options;
}

// Checks all options before anything else happens, and reports every problem at once.
queue::RunOptions run_options(const Globals& globals, const po::variables_map& values) {
  queue::RunOptions options{.db = globals.db, .job = values["job"].as<std::string>()};
  std::vector<Problem> problems;
  const auto require = [&](bool fine, const std::string& what, const std::string& fix) {
    if (!fine) problems.push_back({what, "command line", fix});
  };
  const std::string on_fail = values["on-fail"].as<std::string>();
  require(on_fail == "continue" || on_fail == "stop", "--on-fail is '" + on_fail + "'",
          "give continue or stop");
  options.stop_on_failure = on_fail == "stop";
  options.workers = values["workers"].as<int64_t>();
  require(options.workers >= 0 && options.workers <= 1024, "--workers is out of range",
          "give 0 to 1024");
  options.crash_limit = values["crashes"].as<int64_t>();
  require(options.crash_limit >= 1, "--crashes is out of range", "give 1 or more");
  options.lease_seconds = values["lease"].as<double>();
  options.stall_seconds = values["stall"].as<double>();
  require(options.lease_seconds >= 0.1 && options.stall_seconds >= 0.1,
          "--lease or --stall is out of range", "give 0.1 s or more");
  if (!problems.empty()) throw Error(problems);
  options.keep = parse_name<queue::Keep>(values["keep"].as<std::string>(), "command line");
  options.retry_failed = values.count("retry-failed") > 0;
  if (values.count("replace")) options.other_list = store::OtherList::replace;
  options.display = queue::display_mode(globals.quiet);
  return options;
}

plan::PlanRequest plan_request(const po::variables_map& values) {
  if (!values.count("experiment"))
    throw Error("no experiment given", "sinkmoe run",
                "sinkmoe run EXPERIMENT; 'sinkmoe list experiments' names them");
  auto words = values["experiment"].as<std::vector<std::string>>();
  plan::PlanRequest request;
  request.experiment = words.front();
  request.overrides.assign(words.begin() + 1, words.end());
  if (values.count("device"))
    request.overrides.push_back("run.device=" + values["device"].as<std::string>());
  if (values.count("name")) request.name = values["name"].as<std::string>();
  return request;
}

void write_summary(const Globals& globals, const queue::SweepSummary& s, const plan::Plan& plan) {
  if (!globals.json) {
    std::cout << printable(queue::to_text(s, plan, globals.db)) << "\n";
    return;
  }
  const nlohmann::ordered_json object = {{"experiment", plan.name},
                                         {"runs", s.total},
                                         {"done", s.done},
                                         {"made", s.made},
                                         {"failed", s.failed},
                                         {"diverged", s.diverged},
                                         {"quarantined", s.quarantined},
                                         {"blocked", s.blocked},
                                         {"to_resume", s.open},
                                         {"not_started", s.not_started},
                                         {"in_jobs", s.in_jobs},
                                         {"seconds", s.seconds},
                                         {"exit_code", s.exit_code()}};
  std::cout << object.dump(2) << "\n";
}

// Where a launcher has started several ranks, this process is rank 0. At the end, however it comes, the
// others are told so.
struct Others {
  ~Others() {
    const auto& jobs = Registry<queue::JobKind>::all();
    if (queue::place_from_environment() && jobs.contains("train")) jobs.at("train").ranks.dismiss();
  }
};

int run(const Globals& globals, const std::vector<std::string>& args) {
  const auto values = parse(self("run"), describe_options(), "experiment", args, hidden_options());
  if (!values) return 0;
  const auto place = queue::place_from_environment();
  if (place && place->rank > 0)
    return Registry<queue::JobKind>::get("train").ranks.take_part_in_all();
  const Others others;
  const queue::RunOptions options = run_options(globals, *values);
  const LauncherChoice chosen = launcher_choice(*values);
  const plan::Plan plan = plan::make_plan(plan_request(*values));
  if (plan.runs.empty())
    throw Error("the sweep has no run: skip_if leaves out every point", plan.name,
                "change skip_if or the values; 'sinkmoe plan' shows what is skipped");
  if (!globals.quiet)
    for (const std::string& doubt : plan.doubts) std::cerr << "warning: " << doubt << "\n";
  const queue::SweepSummary summary =
      queue::launch(plan, options, {chosen.launcher, chosen.options, values->count("detach") > 0});
  write_summary(globals, summary, plan);
  return summary.exit_code();
}

const Registration<Command> run_command{
    {.name = "run",
     .help = "train the missing runs of an experiment; resumes interrupted ones",
     .usage =
         "EXPERIMENT [override...] [--workers N] [--device D] [--name NAME] [--on-fail continue|stop] "
         "[--launcher local|slurm] [--detach]",
     .run = run,
     .examples = kOverrideHelp,
     .plans = true,
     .torch = true}};

}  // namespace

}  // namespace sinkmoe::cli
