#include "plan/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/compose/canonical.h"
#include "config/grown_config.h"
#include "plan/plan_fixture.h"
#include "support/source_dir.h"

namespace sinkmoe::plan {
namespace {

using ::testing::HasSubstr;

config::RunConfig varied() {
  config::RunConfig config;
  config.attention.kind = "sink";
  config.balance.weight = 0.01;
  config.train.seed = 3;
  return config;
}

// These ids stand in databases. A change here renames every stored run: raise kResultEpoch instead,
// and only for a changed default or changed numerics.
TEST(Identity, IsPinned) {
  EXPECT_EQ(identify(config::RunConfig{}, "data", {}).run_id, "8ed93ae215ab");
  EXPECT_EQ(identify(config::RunConfig{}, "data", {}).group_id, "abdaa40ae78d");
  EXPECT_EQ(identify(varied(), "data", {}).run_id, "0f12b48f67ba");
  EXPECT_EQ(identify(varied(), "data", {}).group_id, "b0351c37a893");
  EXPECT_EQ(identify(varied(), "data", {"0123456789ab", "ba9876543210"}).run_id, "afd23cf72634");
}

TEST(Identity, ANewNeutralFieldRenamesNoStoredRun) {
  config::GrownConfig grown;
  grown.attention.kind = "sink";
  grown.balance.weight = 0.01;
  grown.train.seed = 3;
  EXPECT_EQ(identify(config::identity_text(config::collect_views(grown)), "data", {}).run_id,
            "0f12b48f67ba");
  grown.train.dropout = 0.5;
  EXPECT_NE(identify(config::identity_text(config::collect_views(grown)), "data", {}).run_id,
            "0f12b48f67ba");
}

// Ids and data hash of stored runs on the default source, from before the
// later fields of run_config.h.
TEST_F(PlanTest, StoredRunsKeepTheirNames) {
  constexpr const char* kHash = "6c33806d000c8e01fdc0f019a37e503f528dbc361fcccda1027192730c163e2b";
  const auto id = [](const std::string& name, const std::string& override) {
    const std::filesystem::path root = source_dir();
    return make_plan({name, {override}, root / "configs", root / "experiments"},
                     [](const config::RunConfig&) { return "source " + std::string(kHash) + "\n"; })
        .runs.at(0)
        .run_id;
  };
  EXPECT_EQ(id("quick", "attention.kind=vanilla"), "4b364d2e9f7d");
  EXPECT_EQ(id("quick", "attention.kind=gated"), "f90295a83502");
}

TEST(Identity, EveryPartCounts) {
  const std::string base = identify(varied(), "data", {}).run_id;
  config::RunConfig other = varied();
  other.train.lr = 1e-3;
  EXPECT_NE(identify(other, "data", {}).run_id, base);
  EXPECT_NE(identify(varied(), "other", {}).run_id, base);
  EXPECT_NE(identify(varied(), "data", {"0123456789ab", ""}).run_id, base);
}

TEST(Identity, AGroupIsEverythingButTheSeed) {
  config::RunConfig other = varied();
  other.train.seed = 4;
  EXPECT_EQ(identify(other, "data", {}).group_id, identify(varied(), "data", {}).group_id);
  EXPECT_NE(identify(other, "data", {}).run_id, identify(varied(), "data", {}).run_id);
  other.train.steps = 7;
  EXPECT_NE(identify(other, "data", {}).group_id, identify(varied(), "data", {}).group_id);
}

TEST_F(PlanTest, ThePlaceOfTheDataIsNoPartOfTheIdentity) {
  const std::string here = plan("[set]\ndata.path = \"here\"\n").runs[0].run_id;
  EXPECT_EQ(plan("[set]\ndata.path = \"there\"\n").runs[0].run_id, here);
  EXPECT_EQ(plan("[set]\nrun.threads = 4\n").runs[0].run_id, here);
  EXPECT_NE(plan("[set]\ndata.source = \"text\"\n").runs[0].run_id, here);
}

TEST_F(PlanTest, TheControlIsTheSameRunWithoutBalance) {
  const Plan p = plan(
      "[set]\nbalance.loss = \"entropy\"\n[[sweep.block]]\nbalance.weight = [0.5]\n"
      "[[sweep.block]]\nbalance.weight = [0]\nbalance.loss = [\"cv2\"]\n");
  ASSERT_EQ(p.runs.size(), 2u);
  EXPECT_EQ(p.runs[0].control, p.runs[1].run_id);
  EXPECT_EQ(p.runs[1].control, "");
}

}  // namespace
}  // namespace sinkmoe::plan
