// The experiments and options of this repository.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>

#include "config/compose/layers.h"
#include "plan/plan.h"
#include "plan/sweep/experiment.h"
#include "support/committed_plan.h"

namespace sinkmoe::plan {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = source_dir();

Plan committed(const std::string& name) {
  return committed_plan(
      name, [](const config::RunConfig& config) { return "hash of " + config.data.source; });
}

std::map<int64_t, int> runs_per_seed(const Plan& plan) {
  std::map<int64_t, int> count;
  for (const RunSpec& run : plan.runs) ++count[run.config.train.seed];
  return count;
}

TEST(Committed, EveryExperimentCanBePlannedUnderItsOwnName) {
  const auto names = experiment_names(kRoot / "experiments");
  EXPECT_GE(names.size(), 4u);
  for (const std::string& name : names) {
    const Plan plan = committed(name);
    EXPECT_EQ(plan.name, name);
    EXPECT_FALSE(plan.title.empty()) << name;
    EXPECT_FALSE(plan.runs.empty()) << name;
    EXPECT_TRUE(plan.toml.starts_with("# ")) << name << " says not what it is for";
  }
}

TEST(Committed, EveryOptionIsConsistentByItself) {
  const config::BaseFile base = config::read_base(kRoot / "configs");
  for (const std::string& group : config::group_names(kRoot / "configs"))
    for (const std::string& option : config::option_names(kRoot / "configs", group)) {
      std::vector<config::GroupChoice> groups = base.groups;
      config::choose(groups, {group, option, ""});
      EXPECT_NO_THROW(config::compose(config::layered(kRoot / "configs", base, groups)))
          << group << "=" << option;
    }
}

TEST(Committed, QuickHasThreeVariantsTwoWeightsThreeSeeds) {
  const Plan plan = committed("quick");
  EXPECT_EQ(runs_per_seed(plan), (std::map<int64_t, int>{{0, 6}, {1, 6}, {2, 6}}));
  for (const RunSpec& run : plan.runs) EXPECT_EQ(estimate_cost(run.config, 64).tokens, 2048000);
}

TEST(Committed, GridHoldsEveryRunOfQuick) {
  const Plan grid = committed("grid");
  EXPECT_EQ(grid.runs.size(), 75u);
  std::set<std::string> ids;
  for (const RunSpec& run : grid.runs) ids.insert(run.run_id);
  EXPECT_EQ(ids.size(), 75u);
  for (const RunSpec& run : committed("quick").runs) EXPECT_TRUE(ids.contains(run.run_id));
}

TEST(Committed, EveryControlIsPartOfTheSweep) {
  for (const std::string name : {"smoke", "quick", "grid", "text_small", "lr", "losses", "finetune",
                                 "finetune_text", "h100_sweep", "h100_capacity"}) {
    const Plan plan = committed(name);
    std::set<std::string> ids = {""};
    for (const RunSpec& run : plan.runs) ids.insert(run.run_id);
    for (const RunSpec& run : plan.runs) EXPECT_TRUE(ids.contains(run.control)) << run.label;
  }
}

std::set<std::string> ids_of(const std::string& name) {
  std::set<std::string> ids;
  for (const RunSpec& run : committed(name).runs) ids.insert(run.run_id);
  return ids;
}

size_t shared_runs(const std::string& name, const std::string& with) {
  const std::set<std::string> others = ids_of(with);
  size_t found = 0;
  for (const std::string& id : ids_of(name)) found += others.contains(id);
  return found;
}

// Sweeps that say that they take up runs of others do so.
TEST(Committed, LaterSweepsShareTheRunsOfEarlierOnes) {
  EXPECT_EQ(shared_runs("losses", "grid"), 40u);
  EXPECT_EQ(shared_runs("finetune", "grid"), 5u);
  EXPECT_EQ(shared_runs("finetune_lora", "finetune"), 5u);
  EXPECT_EQ(shared_runs("finetune_text", "text_small"), 3u);
  EXPECT_EQ(shared_runs("emergence", "grid"), 3u);
  EXPECT_EQ(shared_runs("emergence", "lr"), 6u);
  EXPECT_EQ(shared_runs("probes", "grid"), 30u);
  for (const std::string name : {"text_probes", "text_test", "zero_shot"})
    EXPECT_EQ(shared_runs(name, "text_small"), 18u) << name;
}

// A child that only evaluates is compared with the evaluation of the same seed and
// variant at weight 0.
TEST(Committed, EvaluationsOfBalancedRunsHaveTheEvaluationOfTheirControlAsControl) {
  for (const std::string name :
       {"probes", "text_probes", "text_test", "zero_shot", "recall", "needle"}) {
    const Plan plan = committed(name);
    std::map<std::string, const RunSpec*> runs;
    for (const RunSpec& run : plan.runs) runs[run.run_id] = &run;
    for (const RunSpec& run : plan.runs) {
      if (run.parent.empty() || run.config.balance.weight == 0) continue;
      ASSERT_TRUE(runs.contains(run.control)) << run.label;
      const RunSpec& control = *runs[run.control];
      EXPECT_EQ(control.parent, runs[run.parent]->control);
      EXPECT_EQ(control.config.train.seed, run.config.train.seed);
      EXPECT_EQ(control.config.attention.kind, run.config.attention.kind);
    }
  }
}

TEST(Committed, FineTunedRunsStartFromCollapsedOnesOfTheirSeed) {
  for (const std::string name : {"finetune", "finetune_lora"}) {
    const Plan plan = committed(name);
    std::map<std::string, const RunSpec*> parents;
    for (const RunSpec& run : plan.runs)
      if (run.parent.empty()) parents[run.run_id] = &run;
    EXPECT_EQ(parents.size(), 5u);
    for (const RunSpec& run : plan.runs) {
      if (run.parent.empty()) continue;
      ASSERT_TRUE(parents.contains(run.parent)) << run.label;
      EXPECT_EQ(parents[run.parent]->config.train.seed, run.config.train.seed);
      EXPECT_EQ(parents[run.parent]->config.balance.weight, 0);
      EXPECT_EQ(run.config.data.options.get("backcopy", "trigger_rank"), FieldValue(int64_t{3}))
          << "a shifted task";
    }
  }
}

TEST(Committed, TextSmallIsAMillionParametersAndFiveMillionTokens) {
  const Plan plan = committed("text_small");
  EXPECT_EQ(plan.runs.size(), 18u);
  for (const RunSpec& run : plan.runs) {
    const Cost cost = estimate_cost(run.config, 1024);
    EXPECT_NEAR(static_cast<double>(cost.parameters), 1.05e6, 0.1e6);
    EXPECT_NEAR(static_cast<double>(cost.tokens), 5e6, 5e3);
  }
}

// 96.7 MFLOP a token at L6 C384 V8192 T1024.
TEST(Committed, H100SweepIsAGridOfTenMillionParametersSeedBySeed) {
  const Plan plan = committed("h100_sweep");
  ASSERT_EQ(plan.runs.size(), 36u);
  for (size_t i = 0; i < plan.runs.size(); ++i) {
    const config::RunConfig& c = plan.runs[i].config;
    EXPECT_EQ(c.train.seed, static_cast<int64_t>(i / 12));
    EXPECT_EQ(c.run.device, config::Device::cuda);
    EXPECT_EQ(c.run.precision, config::Precision::bf16);
    const Cost cost = estimate_cost(c, 8192);
    EXPECT_NEAR(static_cast<double>(cost.parameters), 16.9e6, 0.1e6);  // 10.6M and the embedding
    EXPECT_NEAR(cost.flops / static_cast<double>(cost.tokens), 96.7e6, 0.5e6);
  }
}

}  // namespace
}  // namespace sinkmoe::plan
