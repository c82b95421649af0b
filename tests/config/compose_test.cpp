#include "config/compose/compose.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "config/problems.h"
#include "config/test_plugins.h"
#include "core/registry.h"

namespace sinkmoe::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string refused(const std::vector<Setting>& settings) {
  return complaint([&] { compose(settings); });
}

TEST(Compose, LastSettingWins) {
  const Composed composed = compose({set("train.lr", "1e-3"), set("train.lr", "0.5", "f:9:1")});
  EXPECT_EQ(composed.config.train.lr, 0.5);
  std::vector<std::string> layers;
  for (const Setting& s : composed.history.at("train.lr"))
    layers.push_back(toml_literal(s.value) + "@" + s.where);
  EXPECT_THAT(layers, ElementsAre("0.008@", "0.001@f:1:2", "0.5@f:9:1"));
}

TEST(Compose, DefaultsNeedNoSetting) { EXPECT_EQ(compose({}).config, RunConfig{}); }

TEST(Compose, ResetTakesTheDefault) {
  Setting reset = set("train.lr", "0.5");
  reset.reset = true;
  EXPECT_EQ(compose({set("train.lr", "1.0"), reset}).config.train.lr, TrainConfig{}.lr);
}

TEST(Compose, CollectsEveryProblemWithItsPlace) {
  const std::string text =
      refused({set("train.lrr", "1", "a:1:1"), set("model.heads", "\"x\"", "b:2:2"),
               set("train.lr", "11", "c:3:3"), set("model.mlp", "\"gleu\"", "d:4:4")});
  EXPECT_THAT(text, HasSubstr("a:1:1: unknown key 'train.lrr'; did you mean 'train.lr'"));
  EXPECT_THAT(text, HasSubstr("b:2:2: model.heads wants an integer, got string \"x\""));
  EXPECT_THAT(text, HasSubstr("c:3:3: train.lr is 11, out of range; give a value from 0 to 10"));
  EXPECT_THAT(text, HasSubstr("d:4:4: model.mlp is 'gleu', no such choice; did you mean 'gelu'"));
}

TEST(Compose, NumbersChangeTypeOnlyWithoutLoss) {
  EXPECT_EQ(compose({set("train.steps", "2e3")}).config.train.steps, 2000);
  EXPECT_EQ(compose({set("train.clip", "2")}).config.train.clip, 2.0);
  EXPECT_THAT(refused({set("train.steps", "1.5")}), HasSubstr("wants an integer, got float 1.5"));
  EXPECT_THAT(refused({set("train.seed", "1e300")}), HasSubstr("wants an integer"));
  EXPECT_THAT(refused({set("train.lr", "true")}), HasSubstr("wants a number, got boolean true"));
  EXPECT_THAT(refused({set("model.qk_norm", "1")}), HasSubstr("wants true or false"));
}

TEST(Compose, RangeEndsAreAllowed) {
  EXPECT_EQ(refused({set("train.lr", "10"), set("model.layers", "256")}), "");
  EXPECT_NE(refused({set("model.layers", "257")}), "");
  EXPECT_NE(refused({set("model.layers", "0")}), "");
}

TEST(Compose, PluginNamesAreCheckedOnlyWhereThereArePlugins) {
  EXPECT_EQ(refused({set("attention.kind", "\"future\"")}), "");
  plugin_table()["variant"] = {{"sink", {"sink", ""}}, {"vanilla", {"vanilla", ""}}};
  const std::string text = refused({set("attention.kind", "\"snik\"")});
  plugin_table().erase("variant");
  EXPECT_THAT(text, HasSubstr("attention.kind is 'snik', no such variant; did you mean 'sink'? "
                              "known: sink, vanilla"));
}

TEST(Compose, CaretStandsUnderTheWrongPart) {
  Setting setting = set("train.lr", "11", "argument '+train.lr=11'");
  setting.argument = {"+train.lr=11", 1, 8, 10, 2};
  EXPECT_THAT(refused({setting}), HasSubstr("\n    +train.lr=11\n              ^~"));
  setting.key = "train.lx";
  setting.argument.text = "+train.lx=11";
  EXPECT_THAT(refused({setting}), HasSubstr("\n    +train.lx=11\n     ^~~~~~~~"));
}

TEST(Compose, FieldsThatDisagreeAreFoundWhereTheyWereSet) {
  EXPECT_THAT(refused({set("model.width", "64", "a:1:1"), set("model.heads", "3", "b:2:2")}),
              HasSubstr("a:1:1: model.width = 64 is not divisible by model.heads = 3"));
  EXPECT_THAT(refused({set("model.heads", "3", "b:2:2")}), HasSubstr("b:2:2: model.width = 64"));
  EXPECT_THAT(refused({set("balance.shared_heads", "4")}), HasSubstr("leaves no head"));
}

TEST(Compose, ARefusedFieldCausesNoSecondComplaint) {
  const std::string text = refused({set("model.width", "60"), set("model.heads", "\"eight\"")});
  EXPECT_THAT(text, Not(HasSubstr("divisible")));
  EXPECT_THAT(refused({set("model.width", "61")}), HasSubstr("divisible"));
}

size_t inconsistent(const std::function<void(RunConfig&)>& change) {
  RunConfig config;
  change(config);
  return inconsistencies(config).size();
}

TEST(Compose, NumbersThatSinglePrecisionCannotHoldAreRefused) {
  EXPECT_THAT(refused({set("train.adam_eps", "1e-46")}), HasSubstr("train.adam_eps is 1e-46"));
  EXPECT_EQ(refused({set("train.lr", "1e-37")}), "");
  EXPECT_EQ(refused({set("train.lr", "0")}), "") << "0 is what is written";
  EXPECT_THAT(refused({set("train.adam_eps", "0", "a:1:1")}),
              HasSubstr("a:1:1: train.adam_eps = 0 divides 0 by 0"));
}

TEST(Inconsistencies, EachRuleFires) {
  EXPECT_EQ(inconsistent([](RunConfig&) {}), 0u);
  EXPECT_EQ(inconsistent([](RunConfig& c) { c.model.kv_heads = 3; }), 1u);
  EXPECT_EQ(inconsistent([](RunConfig& c) { c.model.kv_heads = 2; }), 0u);
  EXPECT_EQ(inconsistent([](RunConfig& c) { c.model.width = 20; }), 1u) << "odd heads turn not";
  EXPECT_EQ(
      inconsistent([](RunConfig& c) { c.model.width = 20, c.model.positions = Positions::none; }),
      0u);
  EXPECT_EQ(inconsistent([](RunConfig& c) { c.model.mlp_ratio = 0.01; }), 1u);
  EXPECT_EQ(inconsistent([](RunConfig& c) { c.train.micro_batches = 3; }), 1u);
  EXPECT_EQ(inconsistent([](RunConfig& c) { c.run.precision = Precision::bf16; }), 1u);
  EXPECT_EQ(inconsistent([](RunConfig& c) {
              c.run.precision = Precision::bf16, c.run.device = Device::cuda;
            }),
            0u);
  EXPECT_EQ(inconsistent([](RunConfig& c) { c.run.mode = Mode::fast; }), 1u);
  EXPECT_EQ(inconsistent([](RunConfig& c) { c.train.init_from = "latest"; }), 1u);
  EXPECT_EQ(inconsistent([](RunConfig& c) { c.train.init_from = "0123456789ab"; }), 0u);
  EXPECT_EQ(inconsistent([](RunConfig& c) { c.train.warmup = 5000; }), 0u)
      << "the schedule clamps it";
}

TEST(Inconsistencies, HugeModelsAndBatchesAreRefusedBeforeAnyAllocation) {
  EXPECT_EQ(inconsistent([](RunConfig& c) { c.model.width = 65536, c.model.layers = 256; }), 1u);
  EXPECT_EQ(inconsistent([](RunConfig& c) { c.train.batch = 1000000, c.data.context = 4096; }), 1u);
}

}  // namespace
}  // namespace sinkmoe::config
