// sinkmoe plan: shows the runs of an experiment, which of them are done, and the cost. Writes nothing.
#include "core/text/count.h"
#include "core/text/duration.h"
#include "core/text/quote.h"
#include "core/text/split_join.h"
#include "core/text/utf8.h"
#include "plan/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/cost/plan_cost.h"
#include "cli/cost/plan_memory.h"
#include "cli/cost/plan_states.h"
#include "cli/launch/launcher_arguments.h"
#include "cli/override_help.h"
#include "cli/table_output.h"
#include "config/compose/canonical.h"
#include "queue/launcher/submit.h"
#include "queue/supervisor/supervisor.h"

namespace sinkmoe::cli {

namespace {

using Strings = std::vector<std::string>;
using Json = nlohmann::ordered_json;

// Missing data has no hash, so the runs can be counted, but have no run_id.
plan::Plan plan_of(const Strings& words, int64_t assumed_vocabulary) {
  const plan::PlanRequest request{words[0], Strings(words.begin() + 1, words.end())};
  try {
    return plan::make_plan(request);
  } catch (const Error& e) {
    plan::Plan plan = plan::make_plan(
        request, [](const config::RunConfig& config) { return "absent " + config.data.path; });
    if (assumed_vocabulary == 0) {
      std::cerr << "for the cost without the data of " << plan.path << ": sinkmoe plan "
                << join(words, " ", shell_word) << " --vocab N\n";
      throw;
    }
    std::cerr << e.what() << "\n(planned without the data: the run ids are not final)\n";
    return plan;
  }
}

struct Totals {
  double tokens = 0, flops = 0;
};

std::string amount(double value) {
  for (const auto& [size, unit] : {std::pair(1e18, "E"), std::pair(1e15, "P"), std::pair(1e12, "T"),
                                   std::pair(1e9, "G"), std::pair(1e6, "M"), std::pair(1e3, "k")})
    if (value >= size) return fmt::format("{:.3g}{}", value / size, unit);
  return fmt::format("{:.3g}", value);
}

std::string state_of(const PlanStates& states, const plan::RunSpec& run) {
  const auto it = states.status.find(run.run_id);
  return it == states.status.end() ? "" : std::string(name_of(it->second));
}

Json config_json(const config::RunConfig& config) {
  Json json;
  for (const config::FieldView& view : config::field_views(config))
    std::visit([&](const auto& value) { json[view.stored] = value; }, view.value);
  return json;
}

void print_json(const plan::Plan& plan, const PlanStates& states,
                const std::vector<plan::Cost>& costs, const Totals& totals) {
  Json json = {{"name", plan.name}, {"title", plan.title}, {"sha256", plan.sha256}};
  json["runs"] = Json::array();
  for (size_t i = 0; i < plan.runs.size(); ++i) {
    const plan::RunSpec& run = plan.runs[i];
    json["runs"].push_back({{"run_id", run.run_id},
                            {"group_id", run.group_id},
                            {"control", run.control},
                            {"parent", run.parent},
                            {"label", run.label},
                            {"status", state_of(states, run)},
                            {"parameters", costs[i].parameters},
                            {"tokens", costs[i].tokens},
                            {"flops", costs[i].flops},
                            {"config", config_json(run.config)}});
  }
  json["skipped"] = Json::array();
  for (const plan::SkippedPoint& point : plan.skipped)
    json["skipped"].push_back({{"label", point.label}, {"reason", point.reason}});
  json["duplicates"] = plan.duplicates;
  json["repeated"] = plan.repeated;
  json["doubts"] = plan.doubts;
  json["tokens"] = totals.tokens;
  json["flops"] = totals.flops;
  std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
}

// The column "state" is shown if some run is stored.
void print_runs(const plan::Plan& plan, const PlanStates& states,
                const std::vector<plan::Cost>& costs, size_t most) {
  const bool stored = !states.status.empty();
  Table table{{"run", "parameters", "tokens", "FLOPs", "point"}, {}};
  if (stored) table.columns.insert(table.columns.begin() + 1, "state");
  for (size_t i = 0; i < plan.runs.size() && i < most; ++i) {
    const plan::RunSpec& run = plan.runs[i];
    auto& row = table.rows.emplace_back(std::vector<Cell>{
        run.run_id, costs[i].parameters, costs[i].tokens, amount(costs[i].flops), run.label});
    if (stored) row.insert(row.begin() + 1, state_of(states, run));
  }
  write_table(std::cout, table, TableFormat::text);
  if (plan.runs.size() > most)
    std::cout << fmt::format("... and {} more (--all shows them)\n", plan.runs.size() - most);
}

void print_skipped(const plan::Plan& plan, size_t most) {
  if (plan.skipped.empty()) return;
  Table table{{"skipped", "because"}, {}};
  for (size_t i = 0; i < plan.skipped.size() && i < most; ++i)
    table.rows.push_back({plan.skipped[i].label, plan.skipped[i].reason});
  std::cout << "\n";
  write_table(std::cout, table, TableFormat::text);
  if (plan.skipped.size() > most)
    std::cout << fmt::format("... and {} more (--all shows them)\n", plan.skipped.size() - most);
}

void print_summary(const plan::Plan& plan, const Totals& totals) {
  std::cout << fmt::format("\n{}{}: {}", printable(plan.name),
                           plan.title.empty() ? "" : " (" + printable(plan.title) + ")",
                           counted(std::ssize(plan.runs), "run"));
  if (!plan.skipped.empty())
    std::cout << fmt::format(", {} skipped", counted(std::ssize(plan.skipped), "point"));
  if (plan.duplicates)
    std::cout << fmt::format(", {} listed twice", counted(plan.duplicates, "point"));
  std::cout << fmt::format("; {} tokens, {} FLOPs; ", amount(totals.tokens), amount(totals.flops));
}

// How long the runs take that are left.
void print_rest(const Globals& globals, const plan::Plan& open, const PlanStates& states,
                const PlanTimes& times, const Speed& speed) {
  if (states.closed > 0)
    std::cout << fmt::format("{} {} in {}", states.closed,
                             states.closed == 1 ? "is done" : "are done",
                             printable(globals.db.string()))
              << (open.runs.empty() ? ": nothing is left to train\n" : "; the others: ");
  if (!open.runs.empty()) print_time(open, times, speed);
}

// What `run` would refuse on this computer, and what is hardly meant.
void print_warnings(const plan::Plan& plan, bool in_jobs) {
  for (const Problem& problem : queue::hindrances(plan, in_jobs))
    std::cerr << "warning: 'sinkmoe run' refuses this plan: " << to_string(problem) << "\n";
  for (const std::string& doubt : plan.doubts) std::cerr << "warning: " << doubt << "\n";
}

void print_repeated(const plan::Plan& plan) {
  if (plan.repeated == 0) return;
  std::cout << fmt::format(
      "{} of these runs repeat the training of another: at balance.weight = 0 the loss is only "
      "measured,\nand they differ from it in balance.loss alone. To leave them out:\n"
      "  skip_if = \"balance.weight == 0 && balance.loss != '{}'\"\n",
      plan.repeated, plan.kept_loss);
}

std::vector<queue::RunToSubmit> to_submit(const plan::Plan& open) {
  std::vector<queue::RunToSubmit> runs;
  for (const plan::RunSpec& spec : open.runs)
    runs.push_back({spec.run_id, spec.parent, spec.config.run.threads,
                    spec.config.run.device == config::Device::cuda});
  return runs;
}

// The arrays that `run` would submit for the open runs, the time of their nodes, and the script of each.
void print_jobs(const Globals& globals, const plan::Plan& plan, const LauncherChoice& choice,
                const std::vector<plan::TimeEstimate>& times) {
  std::map<std::string, double> seconds;
  for (size_t i = 0; i < times.size(); ++i) seconds[plan.runs[i].run_id] = times[i].seconds;
  const auto arrays = queue::arrays_of(to_submit(plan), choice.options);
  if (arrays.empty()) std::cout << "\nnothing to submit: every run is done\n";
  for (size_t i = 0; i < arrays.size(); ++i) {
    double all = 0;
    for (const Strings& task : arrays[i].tasks)
      for (const std::string& run : task) all += seconds[run];
    const auto tasks = static_cast<double>(arrays[i].tasks.size());
    std::cout << fmt::format("\narray {} of {}: {} tasks, about {:.3g} node hours", i + 1,
                             arrays.size(), arrays[i].tasks.size(), all / 3600);
    if (!choice.options.time.empty())
      std::cout << fmt::format(
          ", at most {:.3g} by the time limit of a task (before it is queued again)",
          tasks * static_cast<double>(queue::seconds_of_limit(choice.options.time)) / 3600);
    if (arrays[i].generation > 0) std::cout << "; after the arrays of its runs' parents";
    const auto folder = queue::jobs_folder(globals.db) / (plan.name + "-" + std::to_string(i + 1));
    std::cout << "\n"
              << choice.launcher.script(
                     queue::array_job(arrays[i], choice.options, plan.name, folder),
                     choice.options);
  }
}

int run_plan(const Globals& globals, const Strings& args) {
  po::options_description options("Options");
  options.add_options()("all", "every run and skipped point, not just the first 40")(
      "gflops", po::value<double>()->default_value(20),
      "speed of one worker, for the time estimate instead of the runs in the database")(
      "memory", "memory of each rank, size of the checkpoints; with ranks always")(
      "share", po::value<double>()->default_value(plan::kGpuShare),
      "part of a GPU's peak that is assumed, where no run on a GPU of this machine is stored: small models reach less "
      "than large ones; above 0, at most 1")(
      "vocab", po::value<int64_t>()->default_value(0),
      "size of the vocabulary that is assumed if the text has not been imported; 0: none is")(
      "arguments", po::value<Strings>(),
      "the experiment, then overrides (train.lr=1e-3, model=small)");
  add_launcher_options(options);
  const auto values = parse(self("plan"), options, "arguments", args);
  if (!values) return 0;
  if (!values->count("arguments"))
    throw Error("no experiment given", "sinkmoe plan", "'sinkmoe list experiments' lists them");
  const double gflops = (*values)["gflops"].as<double>();
  if (!(gflops > 0))
    throw Error(fmt::format("--gflops is {:g}", gflops), "sinkmoe plan", "give a number above 0");
  const LauncherChoice choice = launcher_choice(*values);
  const int64_t vocabulary = (*values)["vocab"].as<int64_t>();
  const double share = (*values)["share"].as<double>();
  if (!(share > 0 && share <= 1))
    throw Error(fmt::format("--share is {:g}", share), "sinkmoe plan",
                "give a number above 0 and at most 1");
  if (vocabulary < 0)
    throw Error(fmt::format("--vocab is {}", vocabulary), "sinkmoe plan",
                "give 0 or the number of tokens");
  const plan::Plan plan = plan_of((*values)["arguments"].as<Strings>(), vocabulary);

  plan::CostTable cost_of(vocabulary);
  std::vector<plan::Cost> costs;
  Totals totals;
  for (const plan::RunSpec& spec : plan.runs) {
    costs.push_back(cost_of(spec.config));
    totals.tokens += static_cast<double>(costs.back().tokens);
    totals.flops += costs.back().flops;
  }
  const PlanStates states = plan_states(globals.db, plan);
  if (globals.json) {
    print_json(plan, states, costs, totals);
    return 0;
  }
  const size_t most = values->count("all") ? plan.runs.size() + plan.skipped.size() : 40;
  print_runs(plan, states, costs, most);
  print_skipped(plan, most);
  print_summary(plan, totals);
  const bool given = !(*values)["gflops"].defaulted();
  const Speed speed{gflops * 1e9, given, share};
  const plan::Plan open = open_part(plan, states);
  const PlanTimes times = estimate_times(globals.db, open, cost_of, speed);
  print_rest(globals, open, states, times, speed);
  print_repeated(plan);
  print_warnings(plan, static_cast<bool>(choice.launcher.script));
  const bool ranks = std::any_of(plan.runs.begin(), plan.runs.end(),
                                 [](const plan::RunSpec& run) { return run.config.run.ranks > 1; });
  if (ranks || values->count("memory")) print_memory(plan, costs, cost_of, share);
  if (choice.launcher.script) print_jobs(globals, open, choice, times.runs);
  return 0;
}

const Registration<Command> plan_command{
    {.name = "plan",
     .help = "show the runs of an experiment, the skipped points, and the cost",
     .usage = "EXPERIMENT [override...] [--all] [--json] [--launcher slurm]",
     .run = run_plan,
     .examples = kOverrideHelp,
     .plans = true}};

}  // namespace

}  // namespace sinkmoe::cli
