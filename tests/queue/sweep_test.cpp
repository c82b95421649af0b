// A sweep of the fake job from start to end: what is made, what is tried again, what stays.
#include <algorithm>
#include <fstream>

#include "queue/machine.h"
#include "store/store.h"
#include "sweep_fixture.h"

namespace sinkmoe::queue {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class Sweeps : public testing::Test {
 protected:
  SweepSummary run(const Plan& plan) { return run_experiment(plan, options_); }
  std::string first(const std::string& columns) {
    return rows(db_, "select " + columns + " from run where run_id = 'fake-0'");
  }
  std::vector<std::string> files(const std::string& run_id) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(run_folder(options_.db, run_id)))
      names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }
  Folder folder_;
  fs::path db_ = folder_ / "r.db";
  RunOptions options_ = fake_options(db_);
};

TEST_F(Sweeps, EveryRunIsDoneOnceAndTheSameCommandAgainMakesNone) {
  const SweepSummary made = run(fake_plan(4, 20));
  EXPECT_EQ(made.exit_code(), 0);
  EXPECT_EQ(made.made, 4);
  EXPECT_EQ(rows(db_, "select run_id, status, label from run_wide order by 1"),
            "fake-0|done|train.seed=0\nfake-1|done|train.seed=1\nfake-2|done|train.seed=2\nfake-3|"
            "done|train.seed=3\n");
  const SweepSummary again = run(fake_plan(4, 20));
  EXPECT_EQ(again.made, 0);
  EXPECT_EQ(again.done, 4);
  EXPECT_EQ(rows(db_, "select count(*) from attempt"), "4\n");
}

TEST_F(Sweeps, TablesDoNotDependOnTheNumberOfWorkers) {
  run(fake_plan(3, 30));
  RunOptions one = fake_options(folder_ / "one.db");
  one.workers = 1;
  run_experiment(fake_plan(3, 30), one);
  EXPECT_EQ(tables(db_), tables(folder_ / "one.db"));
}

TEST_F(Sweeps, KeepDecidesWhatStaysOnDisk) {
  options_.keep = Keep::final;
  run(fake_plan(1, 35));
  EXPECT_THAT(files("fake-0"), testing::ElementsAre("final.txt", "log.txt"));
  EXPECT_EQ(rows(db_, "select step, final, path from checkpoint"), "35|1|final.txt\n");
  options_.db = folder_ / "all.db";
  options_.keep = Keep::all;
  Plan other = fake_plan(1, 35);
  other.runs[0].run_id = "all";
  run(other);
  EXPECT_THAT(files("all"), testing::ElementsAre("final.txt", "log.txt", "step-10.txt",
                                                 "step-20.txt", "step-30.txt"));
  options_.db = folder_ / "none.db";
  options_.keep = Keep::none;
  other.runs[0].run_id = "none";
  run(other);
  EXPECT_THAT(files("none"), testing::ElementsAre("log.txt"));
}

TEST_F(Sweeps, DivergedRunsAreNeverTriedAgain) {
  const SweepSummary summary = run(drill_plan(2, 20, "diverge@5"));
  EXPECT_EQ(summary.exit_code(), 1);
  EXPECT_EQ(summary.diverged, 1);
  EXPECT_EQ(first("status, message"), "diverged|loss 1e9 at step 5\n");
  options_.retry_failed = true;
  run(drill_plan(2, 20, "diverge@5"));
  EXPECT_EQ(rows(db_, "select count(*) from attempt"), "2\n");
}

TEST_F(Sweeps, AValueThatIsNotFiniteMakesTheRunDiverged) {
  run(drill_plan(1, 20, "nan@7"));
  EXPECT_EQ(first("status, message"), "diverged|train/loss is nan at step 7\n");
  EXPECT_EQ(rows(db_, "select kind, text from event"), "diverged|train/loss is nan at step 7\n");
}

TEST_F(Sweeps, BadInputIsNotTriedAgainUnlessAskedFor) {
  EXPECT_EQ(run(drill_plan(1, 20, "fail@5")).exit_code(), 1);
  EXPECT_EQ(first("status, cause"), "failed|user\n");
  EXPECT_THAT(first("message"), HasSubstr("the drill asked for a failure"));
  run(drill_plan(1, 20, "fail@5"));
  EXPECT_EQ(rows(db_, "select count(*) from attempt"), "1\n");
  options_.retry_failed = true;
  EXPECT_EQ(run(fake_plan(1, 20)).exit_code(), 0);
  EXPECT_EQ(first("status"), "done\n");
}

TEST_F(Sweeps, ACrashIsTriedAgainAndTheThirdQuarantines) {
  const SweepSummary summary = run(drill_plan(2, 20, "crash@5"));
  EXPECT_EQ(summary.quarantined, 1);
  EXPECT_EQ(summary.done, 1);
  EXPECT_EQ(first("status, message, crashes"), "quarantined|killed by SIGKILL|3\n");
  EXPECT_EQ(rows(db_,
                 "select attempt, outcome from attempt where run = (select id from run where "
                 "run_id = 'fake-0')"),
            "1|signal\n2|signal\n3|signal\n");
}

TEST_F(Sweeps, AQuarantinedRunStaysOut) {
  options_.crash_limit = 1;
  const Plan plan = drill_plan(1, 20, "crash@5");
  EXPECT_EQ(run(plan).quarantined, 1);
  EXPECT_EQ(run(plan).quarantined, 1) << "stays out until asked for";
  EXPECT_EQ(rows(db_, "select count(*) from attempt"), "1\n");
}

TEST_F(Sweeps, LackOfMemoryAndExceptionsHaveTheirOwnCauses) {
  options_.crash_limit = 1;
  run(drill_plan(1, 20, "oom@5"));
  EXPECT_EQ(first("status, cause, message"), "quarantined|oom|out of memory\n");
  RunOptions other = fake_options(folder_ / "x.db");
  run_experiment(drill_plan(1, 20, "throw@5"), other);
  EXPECT_EQ(rows(folder_ / "x.db", "select status, cause, message from run"),
            "failed|assert|the drill asked for an exception\n");
}

TEST_F(Sweeps, ARunWithoutASignOfLifeIsEndedAsStalled) {
  options_.stall_seconds = 0.5;
  options_.crash_limit = 1;
  run(drill_plan(1, 20, "hang@5"));
  EXPECT_EQ(first("status, cause, message"), "quarantined|stalled|no sign of life for 1 s\n");
  std::ifstream log(folder_ / "r.runs/fake-0/log.txt");
  EXPECT_THAT(std::string(std::istreambuf_iterator<char>(log), {}),
              HasSubstr("the stack of the training thread"));
}

TEST_F(Sweeps, OnFailStopLeavesTheRestForTheNextCommand) {
  options_.stop_on_failure = true;
  options_.workers = 1;
  EXPECT_EQ(run(drill_plan(3, 20, "fail@5")).exit_code(), 1);
  EXPECT_EQ(rows(db_, "select status from run order by run_id"), "failed\nplanned\nplanned\n");
}

TEST_F(Sweeps, BadRequestsWriteNothing) {
  Plan cuda = fake_plan(1, 5);
  cuda.runs[0].config.run.device = config::Device::cuda;
  if (gpu_count() == 0) {
    EXPECT_THROW(run(cuda), Error);
  }
  options_.job = "fakes";
  EXPECT_THROW(run(fake_plan(1, 5)), Error);
  EXPECT_FALSE(fs::exists(db_));
}

TEST(Drills, NeverWriteIntoADatabaseOfResults) {
  Folder folder;
  const fs::path db = folder / "r.db";
  store::Store(db).put_experiment({.name = "real", .runs = {}});
  EXPECT_THROW(run_experiment(fake_plan(1, 5), fake_options(db)), store::StoreError);
  EXPECT_EQ(rows(db, "select count(*) from run"), "0\n");
}

}  // namespace
}  // namespace sinkmoe::queue
