#include "plan/sweep/experiment_name.h"

#include "core/text/safe_name.h"
#include "plan/plan_fixture.h"

namespace sinkmoe::plan {
namespace {

TEST(ExperimentName, WithoutOverridesItIsTheFiles) {
  EXPECT_EQ(experiment_name("quick", {}), "quick");
}

TEST(ExperimentName, OverridesFollowInTheOrderOfTheirKeys) {
  EXPECT_EQ(experiment_name("quick", {"train.seed=seeds(5)", "balance.weight=0, 0.1", "model=wide",
                                      "~train.lr"}),
            "quick+balance.weight=0,0.1+model=wide+train.lr=0.008+train.seed=0,1,2,3,4");
}

TEST(ExperimentName, OneListOfValuesHasOneNameHoweverItIsSpelt) {
  for (const auto& [a, b] :
       {std::pair("train.steps=1e3", "train.steps=1000"),
        std::pair("train.lr=1e-3", "+train.lr=0.001"), std::pair("train.lr=5", "train.lr=5.0"),
        std::pair("train.seed=seeds(3)", "train.seed=0, 1,2"),
        std::pair("balance.weight=range(0,0.3,0.1)", "balance.weight=0,0.1,0.2"),
        std::pair("~train.lr", "train.lr=8e-3"),
        std::pair("attention.kind=\"sink\"", "attention.kind=sink")})
    EXPECT_EQ(experiment_name("quick", {a}), experiment_name("quick", {b}));
  EXPECT_NE(experiment_name("quick", {"train.seed=0,1"}),
            experiment_name("quick", {"train.seed=1,0"}));
  const std::string path = "data.path=" + std::string(150, 'x');
  EXPECT_EQ(experiment_name("quick", {path, "train.steps=1e3"}),
            experiment_name("quick", {path, "train.steps=1000"}))
      << "in the hash of a long name too";
}

TEST(ExperimentName, TheLastOverrideOfAKeyCounts) {
  EXPECT_EQ(experiment_name("quick", {"train.lr=1", "+train.lr=2"}), "quick+train.lr=2");
}

TEST(ExperimentName, KeysThatChangeNoRunAreLeftOut) {
  EXPECT_EQ(
      experiment_name("quick", {"run.threads=2", "run.log_every=1", "train.checkpoint_every=50"}),
      "quick");
}

TEST(ExperimentName, IsAlwaysAFileNameAndKeepsLongOnesApart) {
  const std::string path = "data.path=/home/" + std::string(200, 'x');
  const std::string one = experiment_name("text", {path + "1"}),
                    two = experiment_name("text", {path + "2"});
  EXPECT_NE(one, two);
  for (const std::string& name : {one, two, experiment_name("text", {"data.path=\"a b/ü'$\""})})
    EXPECT_TRUE(safe_experiment_name(name)) << name;
}

TEST_F(PlanTest, AnotherNameCanBeGiven) {
  plan("title = \"T\"\n");
  PlanRequest request = this->request({"train.lr=1"});
  EXPECT_EQ(make_plan(request, data_contents()).name, "x+train.lr=1");
  request.name = "mine";
  EXPECT_EQ(make_plan(request, data_contents()).name, "mine");
  request.name = "../mine";
  EXPECT_THROW(make_plan(request, data_contents()), Error);
}

}  // namespace
}  // namespace sinkmoe::plan
