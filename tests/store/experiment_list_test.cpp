// An experiment's list of runs is never lost by accident.
#include <gmock/gmock.h>

#include "fixture.h"

namespace sinkmoe::store {
namespace {

using testing::HasSubstr;

class ExperimentList : public testing::Test {
 protected:
  ExperimentList() : store_(folder_ / "r.db") {
    store_.put_experiment(row({0, 1}, "experiments/quick.toml"));
  }

  static ExperimentRow row(std::initializer_list<int64_t> seeds, const std::string& path) {
    ExperimentRow experiment = experiment_row({});
    for (const int64_t seed : seeds) experiment.runs.push_back(run_row("sink", 0, seed));
    experiment.path = path;
    experiment.toml = path + " " + std::to_string(seeds.size());
    return experiment;
  }
  std::string list() {
    return rows(folder_ / "r.db",
                "select seed from experiment_wide where experiment = 'quick' order by ordinal");
  }

  Folder folder_;
  Store store_;
};

TEST_F(ExperimentList, GrowsFromItsOwnFile) {
  store_.put_experiment(row({2, 0, 1}, "experiments/quick.toml"));
  EXPECT_EQ(list(), "2\n0\n1\n");
}

TEST_F(ExperimentList, MayComeFromAnyFileWhenItHasTheSameRuns) {
  store_.put_experiment(row({1, 0}, "elsewhere.toml"));
  EXPECT_EQ(list(), "1\n0\n");
}

TEST_F(ExperimentList, ANarrowerListIsRefusedAndNothingIsWritten) {
  try {
    store_.put_experiment(row({0, 7}, "experiments/quick.toml"));
    FAIL() << "taken";
  } catch (const StoreError& e) {
    EXPECT_THAT(e.what(),
                HasSubstr("stored with 2 runs from experiments/quick.toml; this list lacks 1"));
    EXPECT_THAT(e.what(), HasSubstr("--name"));
  }
  EXPECT_EQ(list(), "0\n1\n");
  EXPECT_FALSE(store_.state("sink-0-s7"));
}

TEST_F(ExperimentList, AnotherFileOfTheSameNameIsRefused) {
  EXPECT_THROW(store_.put_experiment(row({0, 1, 2}, "mine/quick.toml")), StoreError);
  EXPECT_EQ(list(), "0\n1\n");
}

TEST_F(ExperimentList, IsReplacedOnDemandAndItsRunsStay) {
  store_.put_experiment(row({5}, "mine/quick.toml"), OtherList::replace);
  EXPECT_EQ(list(), "5\n");
  EXPECT_TRUE(store_.state("sink-0-s0"));
}

// A command that adds run after run to its own list keeps what is there.
TEST_F(ExperimentList, RunsAreAppendedOnceToTheListOfTheSamePath) {
  store_.put_experiment(row({5}, "experiments/quick.toml"), OtherList::append);
  store_.put_experiment(row({1, 5, 3}, "experiments/quick.toml"), OtherList::append);
  EXPECT_EQ(list(), "0\n1\n5\n3\n");
  EXPECT_THROW(store_.put_experiment(row({9}, "mine/quick.toml"), OtherList::append), StoreError);
  EXPECT_EQ(list(), "0\n1\n5\n3\n");
}

}  // namespace
}  // namespace sinkmoe::store
