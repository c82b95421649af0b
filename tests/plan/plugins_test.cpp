// What the registered plug-ins declare, as `plan` uses it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "config/field_view.h"
#include "core/registry.h"
#include "plan/plan_fixture.h"

namespace sinkmoe::plan {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// The keys that fields had before they became options of plug-ins, in the order of stored texts.
TEST(Plugins, StoredTextsHoldTheOptionsInTheirOldOrder) {
  std::vector<std::string> stored;
  for (const config::FieldView& view : config::field_views({}))
    if (view.key != view.stored) stored.push_back(view.stored);
  EXPECT_EQ(stored,
            (std::vector<std::string>{"attention.gate_form", "attention.sink_init", "data.symbols",
                                      "data.triggers", "data.chain_seed", "data.zipf", "data.sharp",
                                      "data.trigger_rank", "data.bos", "data.kinds", "data.stride",
                                      "data.pairs", "data.queries", "data.gap_power"}));
}

// A range or a default that differs between plug-ins with one stored key would make a stored text
// mean two things.
TEST(Plugins, OptionsWithOneStoredKeyAreOfOneKind) {
  std::map<std::string, Option> first;
  for (const auto& [kind, plugins] : plugin_table())
    for (const auto& [name, plugin] : plugins)
      for (const Option& option : plugin.options) {
        if (!*option.info.stored_as) continue;
        const Option& other = first.emplace(option.info.stored_as, option).first->second;
        EXPECT_EQ(option.default_value, other.default_value) << name << " " << option.info.key;
        EXPECT_EQ(option.info.lo, other.info.lo) << name << " " << option.info.key;
        EXPECT_EQ(option.info.hi, other.info.hi) << name << " " << option.info.key;
        EXPECT_EQ(option.info.choices, other.info.choices) << name << " " << option.info.key;
      }
  EXPECT_EQ(first.size(), 14u);
}

TEST_F(PlanTest, OptionsOfAnotherVariantAreRefused) {
  EXPECT_THAT(
      refused("title = \"T\"\n", {"attention.kind=vanilla", "attention.gate_form=elementwise"}),
      AllOf(HasSubstr("argument 'attention.gate_form=elementwise'"),
            HasSubstr("set attention.kind = gated")));
  EXPECT_THAT(
      refused("title = \"T\"\n", {"attention.kind=sink", "attention.gated.form=elementwise"}),
      AllOf(HasSubstr("argument 'attention.gated.form=elementwise'"),
            HasSubstr("sink reads attention.sink.init")));
  EXPECT_THAT(refused("title = \"T\"\n", {"data.pairs=4"}),
              HasSubstr("set data.source = needle or recall, or take data.pairs out"));
  const std::string id =
      plan("title = \"T\"\n", {"attention.kind=gated", "attention.gate_form=elementwise"})
          .runs.at(0)
          .run_id;
  EXPECT_EQ(plan("title = \"T\"\n", {"attention.kind=gated", "attention.gated.form=elementwise"})
                .runs.at(0)
                .run_id,
            id);
}

TEST_F(PlanTest, ASweepOverOptionsOfOneVariantNeedsASkip) {
  const std::string sweep = R"toml([[sweep.block]]
attention.kind = ["vanilla", "gated"]
attention.gated.form = ["headwise", "elementwise"]
)toml";
  EXPECT_THAT(refused(sweep),
              AllOf(HasSubstr("x.toml:3:"), HasSubstr("skip_if = \"attention.kind == 'vanilla' && "
                                                      "attention.gated.form != 'headwise'\"")));
  const Plan p = plan(sweep +
                      "skip_if = \"attention.kind == 'vanilla' && "
                      "attention.gated.form != 'headwise'\"\n");
  EXPECT_EQ(p.runs.size(), 3u);
  EXPECT_EQ(p.skipped.size(), 1u);
}

TEST_F(PlanTest, AZipMovesAPluginAndItsOptionTogether) {
  const Plan p = plan(R"toml([[sweep.block]]
zip = [["data.source", "data.multicopy.kinds", "data.symbols"]]
data.source = ["backcopy", "multicopy"]
data.multicopy.kinds = [4, 2]
data.symbols = [30, 31]
)toml");
  ASSERT_EQ(p.runs.size(), 2u);
  EXPECT_EQ(p.runs[0].label, "data.source=backcopy data.multicopy.kinds=4 data.symbols=30");
  EXPECT_EQ(config::field_value(p.runs[0].config, "data.backcopy.symbols"),
            FieldValue(int64_t{30}));
  EXPECT_EQ(config::field_value(p.runs[1].config, "data.multicopy.kinds"), FieldValue(int64_t{2}));
  EXPECT_EQ(config::field_value(p.runs[1].config, "data.symbols"), FieldValue(int64_t{31}));
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
  EXPECT_EQ(plan("[[sweep.block]]\ndata.path = [\"a\", \"b\"]\n").repeated, 0) << "two texts";
}

}  // namespace
}  // namespace sinkmoe::plan
