#include "plan/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core/hash.h"
#include "plan/plan_fixture.h"

namespace sinkmoe::plan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(PlanTest, KeysMultiplyAndSeedsAreOutermost) {
  const Plan p = plan(R"toml([[sweep.block]]
train.seed = "seeds(2)"
balance.weight = [0, 1e-2])toml");
  EXPECT_THAT(labels(p),
              ElementsAre("balance.weight=0 train.seed=0", "balance.weight=0.01 train.seed=0",
                          "balance.weight=0 train.seed=1", "balance.weight=0.01 train.seed=1"));
  EXPECT_EQ(p.runs[3].config.balance.weight, 0.01);
  EXPECT_EQ(p.runs[3].config.train.seed, 1);
}

TEST_F(PlanTest, BlocksUniteAndDuplicatesAreOneRun) {
  const Plan p = plan(R"toml([[sweep.block]]
balance.weight = [0, 1e-2]
[[sweep.block]]
balance.weight = [1e-2, 1e-1])toml");
  EXPECT_THAT(labels(p),
              ElementsAre("balance.weight=0", "balance.weight=0.01", "balance.weight=0.1"));
  EXPECT_EQ(p.duplicates, 1);
}

TEST_F(PlanTest, WithoutABlockThereIsOneRun) {
  const Plan p = plan("title = \"T\"\n[set]\ntrain.lr = 0.5\n[model]\nlayers = 3\n");
  ASSERT_EQ(p.runs.size(), 1u);
  EXPECT_EQ(p.runs[0].label, "x");
  EXPECT_EQ(p.runs[0].config.train.lr, 0.5);
  EXPECT_EQ(p.runs[0].config.model.layers, 3);
  EXPECT_EQ(p.title, "T");
}

TEST_F(PlanTest, LabelsWriteIntegersOut) {
  EXPECT_THAT(labels(plan("[[sweep.block]]\ntrain.steps = [2000000, 100000]\n")),
              ElementsAre("train.steps=2000000", "train.steps=100000"));
}

TEST_F(PlanTest, ZippedKeysMoveTogether) {
  const Plan p = plan(R"toml([[sweep.block]]
model.layers = [1, 2]
train.seed = [0, 1]
model.width = [16, 32]
zip = [["model.layers", "model.width"]])toml");
  EXPECT_THAT(labels(p), ElementsAre("model.layers=1 model.width=16 train.seed=0",
                                     "model.layers=2 model.width=32 train.seed=0",
                                     "model.layers=1 model.width=16 train.seed=1",
                                     "model.layers=2 model.width=32 train.seed=1"));
}

TEST_F(PlanTest, BadZipsAreRefused) {
  const std::string keys = "[[sweep.block]]\nmodel.layers = [1, 2]\nmodel.heads = [1, 2, 4]\n";
  EXPECT_THAT(refused(keys + "zip = [[\"model.layers\", \"model.heads\"]]"),
              HasSubstr("zipped keys have 2 values (model.layers) and 3 (model.heads)"));
  EXPECT_THAT(refused(keys + "zip = [[\"model.layers\", \"train.lr\"]]"),
              HasSubstr("the block sweeps model.layers, model.heads"));
  EXPECT_THAT(refused(keys + "zip = [[\"model.layers\", \"model.layers\"]]"), HasSubstr("twice"));
  EXPECT_THAT(refused(keys + "zip = [\"model.layers\"]"), HasSubstr("write zip = [["));
}

TEST_F(PlanTest, GroupsAreAxesToo) {
  const Plan p = plan("[[sweep.block]]\nmodel = [\"tiny\", \"wide\"]\n");
  EXPECT_THAT(labels(p), ElementsAre("model=tiny", "model=wide"));
  EXPECT_EQ(p.runs[1].config.model.width, 128);
  EXPECT_EQ(p.runs[1].config.model.layers, config::ModelConfig{}.layers);
  EXPECT_THAT(refused("[[sweep.block]]\nmodel = [\"tiny\", \"wid\"]\n"),
              HasSubstr("x.toml:2:18: group 'model' has no option 'wid'"));
}

TEST_F(PlanTest, SkippedPointsAreListedWithTheReason) {
  const Plan p = plan(R"toml([[sweep.block]]
model.heads = [1, 2]
balance.shared_heads = [0, 1]
skip_if = "balance.shared_heads >= model.heads")toml");
  EXPECT_EQ(p.runs.size(), 3u);
  ASSERT_EQ(p.skipped.size(), 1u);
  EXPECT_EQ(p.skipped[0].label, "model.heads=1 balance.shared_heads=1");
  EXPECT_EQ(p.skipped[0].reason, "balance.shared_heads >= model.heads");
}

TEST_F(PlanTest, LayersApplyInOrder) {
  const std::string toml = "groups = [\"model=wide\"]\n[set]\nmodel.width = 32\ntrain.lr = 0.1\n";
  EXPECT_EQ(plan(toml).runs[0].config.model.width, 32);
  EXPECT_EQ(plan(toml, {"model.width=64"}).runs[0].config.model.width, 64);
  EXPECT_EQ(plan(toml, {"~model.width"}).runs[0].config.model.width, config::ModelConfig{}.width);
  EXPECT_EQ(plan(toml, {"model=tiny"}).runs[0].config.model.layers, 1);
  EXPECT_EQ(plan(toml, {"+train.lr=0.2"}).runs[0].config.train.lr, 0.2);
}

TEST_F(PlanTest, TheCommandLineReplacesAnAxis) {
  const std::string toml = "[[sweep.block]]\nbalance.weight = [0, 1]\ntrain.seed = [0, 1]\n";
  EXPECT_EQ(plan(toml, {"balance.weight=5"}).runs.size(), 2u);
  EXPECT_EQ(plan(toml, {"balance.weight=5,6,7"}).runs.size(), 6u);
  EXPECT_EQ(plan(toml, {"train.lr=1e-3,2e-3"}).runs.size(), 8u);
  EXPECT_EQ(plan(toml, {"~train.seed"}).runs.size(), 2u);
}

TEST_F(PlanTest, ABadOverrideIsRefusedOnceAndWithACaret) {
  const std::string toml = "[[sweep.block]]\ntrain.seed = \"seeds(5)\"\n";
  EXPECT_THAT(refused(toml, {"model.heads=3"}), HasSubstr("^"));
  const std::string text = refused(toml, {"model.heads=3"});
  EXPECT_EQ(text.find("divisible"), text.rfind("divisible")) << text;
  EXPECT_THAT(refused(toml, {"train.lrr=1"}), HasSubstr("unknown key 'train.lrr'"));
  EXPECT_THAT(refused(toml, {"modle=tiny"}), HasSubstr("unknown group 'modle'"));
}

TEST_F(PlanTest, EveryProblemOfTheFileIsNamedWithItsPlace) {
  const std::string text = refused(R"toml(titel = "x"
[set]
train.lrr = 1
[[sweep.block]]
model.heads = [1, "two"]
modle = ["tiny"]
train.seed = "sedes(3)"
skip_if = "attention.knd == 'x'"
)toml");
  EXPECT_THAT(text, HasSubstr("x.toml:1:1: unknown key 'titel'; did you mean 'title'?"));
  EXPECT_THAT(text, HasSubstr("x.toml:3:7: unknown key 'train.lrr'"));
  EXPECT_THAT(text, HasSubstr("x.toml:5:19: model.heads wants an integer"));
  EXPECT_THAT(text, HasSubstr("x.toml:6:1: unknown key 'modle'; did you mean 'model'?"));
  EXPECT_THAT(text, HasSubstr("x.toml:7:7: 'sedes(3)': unknown function"));
  EXPECT_THAT(text, HasSubstr("x.toml:8:1: unknown key 'attention.knd'"));
}

TEST_F(PlanTest, AGroupWrittenLikeAKeyIsExplained) {
  EXPECT_THAT(refused("model = \"tiny\"\n"), HasSubstr("write groups = [\"model=tiny\"]"));
}

TEST_F(PlanTest, AHugeGridIsRefusedBeforeItIsMade) {
  std::string toml = "[[sweep.block]]\n";
  for (const char* key : {"model.width", "train.seed", "train.steps", "train.batch", "eval.tokens"})
    toml += std::string(key) + " = \"range(1, 5001, 1)\"\n";
  EXPECT_THAT(refused(toml), HasSubstr("the sweep has more than 100000 points"));
  const std::string once = refused("[[sweep.block]]\nmodel.layers = \"range(1, 1001, 1)\"\n");
  EXPECT_EQ(once.find("out of range"), once.rfind("out of range")) << "one complaint per call";
}

TEST_F(PlanTest, DataThatCannotBeUsedIsRefusedOnce) {
  const std::string text =
      refused("[set]\ndata.path = \"absent\"\n[[sweep.block]]\ntrain.seed = \"seeds(3)\"\n");
  EXPECT_EQ(text, "absent: no such folder");
}

TEST_F(PlanTest, UnknownExperimentsComeWithNearNames) {
  write("experiments/quick.toml", "title = \"T\"\n");
  PlanRequest wanted = request({});
  wanted.experiment = "quik";
  EXPECT_THAT(complaint([&] { make_plan(wanted, data_contents()); }),
              HasSubstr("no experiment 'quik'; did you mean 'quick'?"));
}

TEST_F(PlanTest, OverridesEnterThePlansHash) {
  const std::string toml = "title = \"T\"\n";
  EXPECT_EQ(plan(toml).sha256, sha256_hex(toml));
  EXPECT_NE(plan(toml, {"train.lr=1"}).sha256, plan(toml).sha256);
}

TEST_F(PlanTest, ResolveConfigTakesOneValuePerKey) {
  write("experiments/x.toml", "[set]\ntrain.lr = 0.1\n[[sweep.block]]\ntrain.seed = [1, 2]\n");
  const config::Composed composed = resolve_config(request({"model.layers=7"}));
  EXPECT_EQ(composed.config.train.lr, 0.1);
  EXPECT_EQ(composed.config.model.layers, 7);
  EXPECT_EQ(composed.config.train.seed, 0) << "nothing is swept";
  EXPECT_EQ(composed.history.at("model.layers").size(), 3u) << "default, model=tiny, command line";
  PlanRequest alone = request({"train.lr=1,2"});
  alone.experiment.clear();
  EXPECT_THAT(complaint([&] { resolve_config(alone); }), HasSubstr("give one value"));
}

TEST_F(PlanTest, SweptKeysNameTheirBlocksValuesAndPlaces) {
  write("experiments/x.toml",
        "[[sweep.block]]\ntrain.seed = \"seeds(2)\"\n[[sweep.block]]\nname = \"b\"\n"
        "attention.kind = [\"vanilla\", \"sink\"]\n");
  const std::vector<SweptKey> keys = swept_keys(request({"train.lr=1,2"}));
  ASSERT_EQ(keys.size(), 4u);
  EXPECT_EQ(keys[0].key + " " + keys[0].block, "train.seed block 1");
  EXPECT_THAT(keys[0].values, ElementsAre("0", "1"));
  EXPECT_THAT(keys[0].where, ::testing::EndsWith("x.toml:2:7"));
  EXPECT_EQ(keys[1].key + " " + keys[1].layer, "train.lr command line");
  EXPECT_EQ(keys[2].block, "block 'b'");
  EXPECT_THAT(keys[2].values, ElementsAre("\"vanilla\"", "\"sink\""));
}

TEST_F(PlanTest, AnEmptyNameAndAnEmptyFileAreRefused) {
  PlanRequest nameless = request({});
  nameless.experiment.clear();
  EXPECT_THAT(complaint([&] { make_plan(nameless, data_contents()); }),
              HasSubstr("the name of the experiment is empty"));
  EXPECT_THAT(refused("# nothing yet\n"), HasSubstr("x.toml: the sweep file is empty"));
}

TEST_F(PlanTest, OneKeyOfAZipIsNotFixedAlone) {
  const std::string toml = R"toml([[sweep.block]]
model.layers = [1, 2]
model.width = [16, 32]
zip = [["model.layers", "model.width"]])toml";
  EXPECT_THAT(refused(toml, {"model.layers=3"}),
              ::testing::AllOf(HasSubstr("'model.layers' moves together with other keys: zip of "
                                         "model.layers, model.width"),
                               HasSubstr("\n    model.layers=3\n    ^~~~")));
  EXPECT_EQ(plan(toml, {"model.layers=3", "model.width=64"}).runs.size(), 1u);
  EXPECT_THAT(labels(plan(toml, {"model.layers=3,4"})),
              ElementsAre("model.layers=3 model.width=16", "model.layers=4 model.width=32"));
  EXPECT_THAT(refused(toml, {"model.layers=3,4,5"}), HasSubstr("zipped keys have"));
}

TEST_F(PlanTest, APathWithACommaThatIsThereIsNotCut) {
  const testing::Folder folder("path_with_comma");
  const std::string path = (folder.path / "a,b").string();
  std::filesystem::create_directories(path);
  const std::string toml = "[set]\nmodel.layers = 1\n";
  EXPECT_THAT(refused(toml, {"data.path=" + path}),
              HasSubstr("write data.path='\"" + path + "\"'"));
  EXPECT_EQ(plan(toml, {"data.path=\"" + path + "\""}).runs[0].config.data.path, path);
}

TEST_F(PlanTest, AnExperimentIsCalledAsItsFile) {
  EXPECT_EQ(plan("title = \"T\"\n").name, "x");
  EXPECT_EQ(plan("name = \"x\"\n").name, "x");
  EXPECT_THAT(
      refused("title = \"T\"\nname = \"quick\"\n"),
      HasSubstr("x.toml:2:1: name is 'quick', but an experiment is called as its file: 'x'; "
                "leave the line out, or call the file quick.toml"));
}

// The learning rate at step s of 20 is the smaller of (s + 1) / 100 and (20 - s) / 4 of train.lr: at most 0.2, at s = 19.
TEST_F(PlanTest, AWarmupThatNeverEndsIsPlannedWithAWarning) {
  EXPECT_THAT(plan("train.steps = 100\ntrain.warmup = 100\n").doubts, ::testing::IsEmpty());
  EXPECT_THAT(plan("train.steps = 0\ntrain.warmup = 100\n").doubts, ::testing::IsEmpty());
  const Plan cut =
      plan("train.warmup = 100\n[[sweep.block]]\ntrain.steps = [20, 1000]\ntrain.seed = [0, 1]\n");
  EXPECT_EQ(cut.runs.size(), 4u);
  EXPECT_THAT(cut.doubts,
              ::testing::ElementsAre(
                  "2 runs: train.warmup = 100 is longer than train.steps = 20: the learning "
                  "rate reaches 0.2 of train.lr at most; train.warmup=2 is a tenth of the steps"));
  // (s + 1) / 100 and (50 - s) / 10 cross between 45 and 46: 0.46 and 0.4.
  EXPECT_THAT(plan("train.warmup = 100\ntrain.steps = 50\n").doubts.at(0),
              HasSubstr("reaches 0.46 of"));
  EXPECT_THAT(plan("train.warmup = 100\ntrain.steps = 50\ntrain.decay_fraction = 0\n").doubts.at(0),
              HasSubstr("reaches 0.5 of"));
}

}  // namespace
}  // namespace sinkmoe::plan
