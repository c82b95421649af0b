// What the registered plug-ins declare, as `plan` uses it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "config/compose/compose.h"
#include "core/registry.h"
#include "plan/plan_fixture.h"

namespace sinkmoe::plan {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(Plugins, ReadKeysThatExist) {
  const std::vector<std::string>& keys = config::field_keys();
  size_t seen = 0;
  for (const auto& [kind, plugins] : plugin_table())
    for (const auto& [name, plugin] : plugins)
      for (const std::string& key : plugin.reads) {
        EXPECT_NE(std::find(keys.begin(), keys.end(), key), keys.end()) << name << " reads " << key;
        ++seen;
      }
  EXPECT_GT(seen, 0u);
}

TEST_F(PlanTest, OptionsOfAnotherVariantAreRefused) {
  EXPECT_THAT(refused("", {"attention.kind=vanilla", "attention.gate_form=elementwise"}),
              AllOf(HasSubstr("argument 'attention.gate_form=elementwise'"),
                    HasSubstr("set attention.kind = gated")));
  EXPECT_THAT(refused("", {"data.pairs=4"}),
              HasSubstr("set data.source = needle or recall, or take data.pairs out"));
  EXPECT_EQ(plan("", {"attention.kind=gated", "attention.gate_form=elementwise"}).runs.size(), 1u);
}

TEST_F(PlanTest, ASweepOverOptionsOfOneVariantNeedsASkip) {
  const std::string sweep = R"toml([[sweep.block]]
attention.kind = ["vanilla", "gated"]
attention.gate_form = ["headwise", "elementwise"]
)toml";
  EXPECT_THAT(refused(sweep),
              AllOf(HasSubstr("x.toml:3:"), HasSubstr("skip_if = \"attention.kind == 'vanilla' && "
                                                      "attention.gate_form != 'headwise'\"")));
  const Plan p = plan(sweep +
                      "skip_if = \"attention.kind == 'vanilla' && "
                      "attention.gate_form != 'headwise'\"\n");
  EXPECT_EQ(p.runs.size(), 3u);
  EXPECT_EQ(p.skipped.size(), 1u);
}

TEST_F(PlanTest, LossesThatOnlyWatchRepeatATraining) {
  const std::string sweep = R"toml([[sweep.block]]
balance.loss = ["entropy", "cv2", "l2_mean"]
balance.weight = [0, 1e-2]
train.seed = "seeds(2)"
)toml";
  const Plan p = plan(sweep);
  EXPECT_EQ(p.runs.size(), 12u);
  EXPECT_EQ(p.repeated, 4) << "two losses too many for each of two seeds";
  EXPECT_EQ(p.kept_loss, "entropy");
  const Plan skipped =
      plan(sweep + "skip_if = \"balance.weight == 0 && balance.loss != 'entropy'\"\n");
  EXPECT_EQ(skipped.runs.size(), 8u);
  EXPECT_EQ(skipped.repeated, 0);
}

}  // namespace
}  // namespace sinkmoe::plan
