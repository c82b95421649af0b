// Runs that start from another run's weights.
#include "store/store.h"
#include "sweep_fixture.h"

namespace sinkmoe::queue {
namespace {

class Parents : public testing::Test {
 protected:
  Parents() : plan_(fake_plan(3, 20)) {
    for (size_t i : {1, 2}) plan_.runs[i].parent = "fake-0";
  }
  Folder folder_;
  std::filesystem::path db_ = folder_ / "r.db";
  RunOptions options_ = fake_options(db_);
  Plan plan_;
};

TEST_F(Parents, AreDoneBeforeTheirChildrenStart) {
  options_.keep = Keep::none;
  EXPECT_EQ(run_experiment(plan_, options_).exit_code(), 0);
  EXPECT_EQ(rows(db_,
                 "select count(*) from attempt c, attempt p where c.run > 1 and p.run = 1 and "
                 "c.started_us < p.ended_us"),
            "0\n");
  EXPECT_TRUE(std::filesystem::exists(folder_ / "r.runs/fake-0/final.txt"))
      << "children may need it, whatever --keep says";
}

TEST_F(Parents, AreMadeAgainWhenTheirWeightsAreGone) {
  Plan parent_only = fake_plan(1, 20);
  run_experiment(parent_only, options_);
  const std::string before = rows(
      db_, "select step, value from v_metric where run_id = 'fake-0' order by name, step, head");
  std::filesystem::remove_all(folder_ / "r.runs");
  EXPECT_EQ(run_experiment(plan_, options_).exit_code(), 0);
  EXPECT_EQ(rows(db_, "select max(attempt) from attempt where run = 1"), "2\n");
  EXPECT_EQ(
      rows(db_,
           "select step, value from v_metric where run_id = 'fake-0' order by name, step, head"),
      before);
  EXPECT_THAT(rows(db_, "select text from event where kind = 'again'"),
              testing::HasSubstr("final.txt is missing"));
}

TEST_F(Parents, OutsideThePlanAreMadeAgainToo) {
  run_experiment(fake_plan(1, 20), options_);
  std::filesystem::remove_all(folder_ / "r.runs");
  Plan children = plan_;
  children.runs.erase(children.runs.begin());
  children.name = "children";
  EXPECT_EQ(run_experiment(children, options_).exit_code(), 0);
  EXPECT_EQ(rows(db_, "select run_id, status from run order by 1"),
            "fake-0|done\nfake-1|done\nfake-2|done\n");
}

TEST_F(Parents, ThatFailKeepTheirChildrenWaiting) {
  plan_.runs[0].config.data.path = "fail@5";
  const SweepSummary summary = run_experiment(plan_, options_);
  EXPECT_EQ(summary.failed, 1);
  EXPECT_EQ(summary.blocked, 2);
  EXPECT_EQ(summary.exit_code(), 1);
}

TEST_F(Parents, ThatNobodyKnowsAreAnError) {
  plan_.runs.erase(plan_.runs.begin());
  EXPECT_THROW(run_experiment(plan_, options_), Error);
}

}  // namespace
}  // namespace sinkmoe::queue
