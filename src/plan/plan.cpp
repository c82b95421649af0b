#include "plan/plan.h"

#include <map>
#include <set>

#include "config/compose/canonical.h"
#include "config/consistency.h"
#include "core/hash.h"
#include "core/text/count.h"
#include "core/text/safe_name.h"
#include "plan/parents.h"
#include "plan/sweep/experiment_name.h"
#include "plan/sweep/naming.h"

namespace sinkmoe::plan {

namespace {

constexpr size_t kMostProblems = 50;

// Reports the same mistake in many points once.
void throw_problems(const std::vector<Draft>& drafts) {
  std::set<std::string> seen;
  std::vector<Problem> problems;
  for (const Draft& draft : drafts)
    for (const Problem& problem : draft.problems)
      if (problems.size() < kMostProblems && seen.insert(to_string(problem)).second)
        problems.push_back(problem);
  if (!problems.empty()) throw Error(std::move(problems));
}

// A group axis may name an option that does not exist; reports each such option once.
std::vector<Draft> resolve_points(const Experiment& experiment, Resolver& resolver) {
  std::vector<Draft> drafts;
  std::set<std::string> seen;
  std::vector<Problem> problems;
  drafts.reserve(static_cast<size_t>(count_points(experiment.blocks)));
  for (size_t block = 0; block < experiment.blocks.size(); ++block)
    for (const Pick& pick : points_of(experiment.blocks[block])) {
      try {
        drafts.push_back(resolver.point(block, pick));
      } catch (const Error& e) {
        for (const Problem& problem : e.problems())
          if (seen.insert(to_string(problem)).second) problems.push_back(problem);
        if (problems.size() >= kMostProblems) throw Error(std::move(problems));
      }
    }
  if (!problems.empty()) throw Error(std::move(problems));
  return drafts;
}

// A run has one parent only: train.init_from and init_from of a block exclude each other.
void refuse_two_parents(const std::vector<Block>& blocks, const std::vector<Draft>& drafts) {
  for (const Draft& draft : drafts)
    if (blocks[draft.block].init.set() &&
        (!draft.config.train.init_from.empty() ||
         (!draft.made_parent && !draft.config.train.init_checkpoint.empty())))
      throw Error("init_from and train.init_from or train.init_checkpoint are both set",
                  blocks[draft.block].init.where, "keep one of them");
}

std::string plan_text(const Experiment& experiment, const PlanRequest& request) {
  std::string text = experiment.toml;
  for (const std::string& argument : request.overrides) text += "\n" + argument;
  return text;
}

std::string name_of(const Experiment& experiment, const PlanRequest& request) {
  if (request.name.empty()) return experiment_name(experiment.name, request.overrides);
  if (safe_name(request.name) && !request.name.starts_with('-')) return request.name;
  throw Error("'" + request.name + "' cannot name an experiment", "--name",
              "use letters, digits, '.', '_' and '-' (not first), at most 64");
}

void count_repeated(Plan& plan) {
  std::map<std::string, std::string> first_loss;
  for (const RunSpec& run : plan.runs) {
    if (run.config.balance.weight != 0) continue;
    config::RunConfig same = run.config;
    same.balance.loss = config::BalanceConfig{}.loss;
    const std::string& loss = run.config.balance.loss;
    const auto [first, fresh] =
        first_loss.emplace(config::identity_text(same) + run.parent + "\n" + same.data.path, loss);
    if (fresh) continue;
    ++plan.repeated;
    if (plan.kept_loss.empty()) plan.kept_loss = first->second;
  }
}

void collect_doubts(Plan& plan) {
  std::map<std::string, int64_t> runs;
  for (const RunSpec& run : plan.runs)
    for (const Problem& doubt : config::doubts(run.config)) ++runs[to_string(doubt)];
  for (const auto& [text, count] : runs) plan.doubts.push_back(counted(count, "run") + ": " + text);
}

Experiment read_with_overrides(const PlanRequest& request) {
  Experiment experiment;
  std::vector<Problem> problems;
  const auto collect = [&](auto&& step) {
    try {
      step();
    } catch (const Error& e) {
      problems.insert(problems.end(), e.problems().begin(), e.problems().end());
    }
  };
  collect([&] {
    if (request.experiment.empty())
      experiment.blocks.push_back({});
    else
      experiment = read_experiment(find_experiment(request.experiment, request.experiment_root),
                                   request.config_root);
  });
  collect([&] { apply_overrides(experiment, config::parse_overrides(request.overrides)); });
  if (!problems.empty()) throw Error(std::move(problems));
  return experiment;
}

}  // namespace

Plan make_plan(const PlanRequest& request, const DataContents& data_contents) {
  if (request.experiment.empty())
    throw Error("the name of the experiment is empty", "command line",
                "'sinkmoe list experiments' names them");
  const Experiment experiment = read_with_overrides(request);
  check_block_parents(experiment.blocks);
  Resolver resolver(request.config_root, experiment);
  std::vector<Draft> drafts = resolve_points(experiment, resolver);
  refuse_two_parents(experiment.blocks, drafts);
  link_parents(experiment.blocks, resolver, drafts);
  throw_problems(drafts);
  Plan plan;
  plan.name = name_of(experiment, request);
  plan.title = experiment.title;
  plan.path = experiment.path;
  plan.toml = experiment.toml;
  plan.sha256 = sha256_hex(plan_text(experiment, request));
  name_runs(plan, resolver, drafts, data_contents);
  count_repeated(plan);
  collect_doubts(plan);
  return plan;
}

config::Composed resolve_config(const PlanRequest& request) {
  const Experiment experiment = read_with_overrides(request);
  if (request.experiment.empty())
    for (const std::string& argument : request.overrides)
      if (config::parse_override(argument).settings.size() > 1)
        throw Error("several values make a sweep, not one configuration",
                    "argument '" + argument + "'", "give one value");
  const Resolver resolver(request.config_root, experiment);
  return config::compose(resolver.layers(resolver.groups()));
}

std::vector<SweptKey> swept_keys(const PlanRequest& request) {
  const Experiment experiment = read_with_overrides(request);
  std::vector<SweptKey> keys;
  for (size_t i = 0; i < experiment.blocks.size(); ++i) {
    const Block& block = experiment.blocks[i];
    const std::string name =
        block.name.empty() ? "block " + std::to_string(i + 1) : "block '" + block.name + "'";
    for (const Axis& axis : block.axes) {
      const config::Setting& first = axis.values.at(0);
      keys.push_back({axis.key, name, {}, first.where, first.layer});
      for (const config::Setting& value : axis.values)
        keys.back().values.push_back(config::toml_literal(value.value));
    }
  }
  return keys;
}

}  // namespace sinkmoe::plan
