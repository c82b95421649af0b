#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "plan/plan_fixture.h"

namespace sinkmoe::plan {
namespace {

using ::testing::HasSubstr;

const RunSpec& find(const Plan& plan, const std::string& run_id) {
  const auto it = std::find_if(plan.runs.begin(), plan.runs.end(),
                               [&](const RunSpec& run) { return run.run_id == run_id; });
  EXPECT_NE(it, plan.runs.end()) << "no run " << run_id;
  return it == plan.runs.end() ? plan.runs.at(0) : *it;
}

void expect_parents_first(const Plan& plan) {
  std::vector<std::string> seen = {""};
  for (const RunSpec& run : plan.runs) {
    EXPECT_NE(std::find(seen.begin(), seen.end(), run.parent), seen.end()) << run.label;
    seen.push_back(run.run_id);
  }
}

constexpr const char* kTable = R"toml([[sweep.block]]
balance.weight = [0, 0.5]
train.seed = [0, 1]
train.lr = [1e-4]
init_from = { train.lr = 1e-3, balance.weight = 0 })toml";

TEST_F(PlanTest, ATableMakesTheParents) {
  const Plan p = plan(kTable);
  ASSERT_EQ(p.runs.size(), 6u) << "one parent a seed, shared by both weights";
  EXPECT_EQ(p.duplicates, 0);
  expect_parents_first(p);
  for (const RunSpec& run : p.runs) {
    if (run.config.train.lr == 1e-3) continue;
    const RunSpec& parent = find(p, run.parent);
    EXPECT_EQ(parent.config.train.lr, 1e-3);
    EXPECT_EQ(parent.config.balance.weight, 0);
    EXPECT_EQ(parent.config.train.seed, run.config.train.seed);
    EXPECT_EQ(run.config.train.init_from, parent.run_id);
  }
}

TEST_F(PlanTest, SeedsOfChildrenFormOneGroup) {
  const Plan p = plan(kTable);
  std::vector<std::string> groups;
  for (const RunSpec& run : p.runs)
    if (run.config.balance.weight == 0.5) groups.push_back(run.group_id);
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0], groups[1]);
}

TEST_F(PlanTest, TheControlOfAChildHasTheSameParent) {
  const Plan p = plan(kTable);
  for (const RunSpec& run : p.runs)
    if (run.config.balance.weight != 0) {
      EXPECT_EQ(find(p, run.control).parent, run.parent);
      EXPECT_EQ(find(p, run.control).config.train.seed, run.config.train.seed);
    }
}

// A child that only evaluates its parent is compared with the child of the parent's control.
TEST_F(PlanTest, TheControlOfAChildStartsFromItsParentsControl) {
  const Plan p = plan(R"toml([[sweep.block]]
name = "trained"
balance.weight = [0, 0.5]
train.seed = [0, 1]
[[sweep.block]]
init_from = "trained"
balance.weight = [0, 0.5]
train.seed = [0, 1]
train.steps = 0)toml");
  ASSERT_EQ(p.runs.size(), 8u);
  for (const RunSpec& run : p.runs) {
    EXPECT_EQ(run.control.empty(), run.config.balance.weight == 0) << run.label;
    if (run.control.empty()) continue;
    const RunSpec& control = find(p, run.control);
    EXPECT_EQ(control.config.balance.weight, 0);
    EXPECT_EQ(control.config.train.seed, run.config.train.seed);
    EXPECT_EQ(control.parent, run.parent.empty() ? "" : find(p, run.parent).control);
  }
}

TEST_F(PlanTest, AParentDecidesTheIdentity) {
  const std::string fresh = plan("[set]\ntrain.lr = 1e-4\n").runs[0].run_id;
  const Plan p = plan("[set]\ntrain.lr = 1e-4\n[[sweep.block]]\ninit_from = { train.lr = 1e-3 }\n");
  ASSERT_EQ(p.runs.size(), 2u);
  EXPECT_NE(p.runs[1].run_id, fresh);
}

TEST_F(PlanTest, ABlockStartsFromTheMatchingPointsOfAnother) {
  const Plan p = plan(R"toml([[sweep.block]]
name = "tune"
attention.kind = ["vanilla", "sink"]
balance.weight = [0, 0.5]
train.seed = [0, 1]
train.lr = [1e-4]
init_from = "pretrain"
[[sweep.block]]
name = "pretrain"
attention.kind = ["vanilla", "sink"]
train.seed = [0, 1])toml");
  EXPECT_EQ(p.runs.size(), 12u);
  expect_parents_first(p);
  for (const RunSpec& run : p.runs) {
    if (run.parent.empty()) continue;
    const RunSpec& parent = find(p, run.parent);
    EXPECT_EQ(parent.config.train.seed, run.config.train.seed);
    EXPECT_EQ(parent.config.attention.kind, run.config.attention.kind);
    EXPECT_EQ(parent.config.train.lr, config::TrainConfig{}.lr);
  }
}

TEST_F(PlanTest, AParentMayHaveALaterSeed) {
  const Plan p = plan("[[sweep.block]]\ntrain.seed = [0, 1]\ninit_from = { train.seed = 9 }\n");
  EXPECT_EQ(p.runs.size(), 3u);
  expect_parents_first(p);
}

TEST_F(PlanTest, ChainsAndGroupsWork) {
  const Plan p = plan(R"toml([[sweep.block]]
name = "a"
[[sweep.block]]
name = "b"
train.lr = [1e-3]
init_from = "a"
[[sweep.block]]
train.lr = [1e-4]
init_from = "b"
[[sweep.block]]
train.lr = [1e-5]
init_from = { model = "wide" })toml");
  ASSERT_EQ(p.runs.size(), 5u);
  expect_parents_first(p);
  const auto last = std::find_if(p.runs.begin(), p.runs.end(), [](const RunSpec& run) {
    return run.config.train.lr == 1e-5 && !run.parent.empty();
  });
  ASSERT_NE(last, p.runs.end());
  EXPECT_EQ(find(p, last->parent).config.model.width, 128);
}

TEST_F(PlanTest, CyclesAreRefused) {
  const auto block = [](const std::string& name, const std::string& parent) {
    return "[[sweep.block]]\nname = \"" + name + "\"\ninit_from = \"" + parent + "\"\n";
  };
  EXPECT_THAT(refused(block("a", "b") + block("b", "a")),
              HasSubstr("cyclic init_from: a -> b -> a"));
  EXPECT_THAT(refused(block("a", "a")), HasSubstr("cyclic init_from: a -> a"));
  EXPECT_THAT(refused("[[sweep.block]]\ninit_from = \"a\"\n" + block("a", "b") + block("b", "a")),
              HasSubstr("cyclic"));
  std::string chain = "[[sweep.block]]\nname = \"n0\"\n";
  for (int i = 1; i < 40; ++i) chain += block("n" + std::to_string(i), "n" + std::to_string(i - 1));
  EXPECT_THAT(refused(chain), HasSubstr("longer than 16"));
}

TEST_F(PlanTest, BadParentsAreRefused) {
  EXPECT_THAT(refused("[[sweep.block]]\nname = \"base\"\n[[sweep.block]]\ninit_from = \"bas\"\n"),
              HasSubstr("init_from names no block 'bas'; did you mean 'base'?"));
  EXPECT_THAT(refused("[[sweep.block]]\ninit_from = {}\n"), HasSubstr("init_from is empty"));
  EXPECT_THAT(refused("[[sweep.block]]\ninit_from = { model = [\"tiny\"] }\n"),
              HasSubstr("an option of group 'model' is one text"));
  EXPECT_THAT(refused("[[sweep.block]]\ninit_from = { train.lrr = 1 }\n"),
              HasSubstr("unknown key 'train.lrr'"));
  EXPECT_THAT(
      refused("[[sweep.block]]\nname = \"a\"\ntrain.seed = [0, 1]\n"
              "[[sweep.block]]\ntrain.seed = [1, 2]\ntrain.lr = [1e-4]\ninit_from = \"a\"\n"),
      HasSubstr("block 'a' has no point for train.lr=1e-04 train.seed=2"));
  EXPECT_THAT(refused("[set]\ntrain.init_from = \"0123456789ab\"\n[[sweep.block]]\ninit_from = "
                      "{ train.lr = 1 }\n"),
              HasSubstr("both set"));
}

TEST_F(PlanTest, AStoredRunMayBeTheParent) {
  const Plan p = plan("[set]\ntrain.init_from = \"0123456789ab\"\n");
  EXPECT_EQ(p.runs[0].parent, "0123456789ab");
  EXPECT_NE(p.runs[0].run_id, plan("title = \"T\"\n").runs[0].run_id);
}

}  // namespace
}  // namespace sinkmoe::plan
