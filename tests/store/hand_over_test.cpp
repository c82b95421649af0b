// A run goes to a database of its own and comes back, with everything that is stored of it.
#include <gmock/gmock.h>

#include "fixture.h"
#include "store/merge/hand_over.h"

namespace sinkmoe::store {
namespace {

class HandOver : public testing::Test {
 protected:
  HandOver() : ours_(folder_ / "ours.db"), task_(folder_ / "task.db") {
    ours_.put_experiment(experiment_row({run_row("vanilla", 0, 0), run_row("sink", 0, 0)}));
  }
  // An attempt that is cut after a checkpoint of step 10.
  void work(Store& store, int64_t step) {
    Lease lease = *store.claim(std::vector<std::string>{"sink-0-s0"}, this_process());
    store.begin_attempt(lease, {.start_step = step - 10});
    store.describe(lease, {{"train/loss", "nats", "lower", "training loss"}});
    store.add_metrics(lease, {{"train/loss", step, -1, -1, 0.5 * static_cast<double>(step)}});
    store.add_event(lease, {"note", "at " + std::to_string(step)});
    store.add_checkpoint(lease, {.step = step, .path = "c" + std::to_string(step), .sha256 = "x"});
    store.finish(lease, {Outcome::interrupted, "cut"});
  }
  std::string all(const std::string& db) {
    return rows(folder_ / db, "select run_id, name, step, value from v_metric order by 1, 2, 3") +
           rows(folder_ / db,
                "select attempt, start_step, outcome from attempt where run = (select id from run "
                "where run_id = 'sink-0-s0') order by 1") +
           rows(folder_ / db, "select step, path from checkpoint order by 1") +
           rows(folder_ / db, "select kind, text from event order by at_us, id");
  }
  Folder folder_;
  Store ours_, task_;
};

TEST_F(HandOver, ARunThatIsNotFinishedContinuesOnTheOtherSide) {
  work(ours_, 10);
  copy_run(task_, folder_ / "ours.db", "sink-0-s0");
  EXPECT_EQ(rows(folder_ / "task.db", "select run_id, status from run"), "sink-0-s0|interrupted\n");
  EXPECT_EQ(task_.checkpoints("sink-0-s0").at(0).path, "c10");
  work(task_, 20);
  copy_run(ours_, folder_ / "task.db", "sink-0-s0");
  EXPECT_EQ(all("ours.db"),
            "sink-0-s0|train/loss|10|5\nsink-0-s0|train/loss|20|10\n"
            "1|0|interrupted\n2|10|interrupted\n10|c10\n20|c20\n"
            "note|at 10\nresumed|from the checkpoint of step 10\nnote|at 20\n");
  const std::string before = all("ours.db");
  copy_run(ours_, folder_ / "task.db", "sink-0-s0");
  EXPECT_EQ(all("ours.db"), before) << "repeating it changes nothing";
  EXPECT_EQ(rows(folder_ / "ours.db", "select status from run where run_id = 'vanilla-0-s0'"),
            "planned\n");
}

TEST_F(HandOver, AnotherConfigurationUnderTheRunIdIsRefused) {
  RunRow other = run_row("sink", 0, 0);
  other.identity += "x";
  task_.put_experiment(experiment_row({other}));
  EXPECT_THROW(copy_run(ours_, folder_ / "task.db", "sink-0-s0"), Error);
  EXPECT_THROW(copy_run(ours_, folder_ / "task.db", "vanilla-0-s0"), Error) << "not there";
}

TEST_F(HandOver, AJobHoldsARunUntilItIsReleased) {
  const std::vector<std::string> run = {"sink-0-s0"};
  const auto lease = ours_.claim(run, job_owner("quick-1", 3), {.lease_us = kJobLease_us});
  EXPECT_EQ(ours_.free_dead_leases(0), std::vector<std::string>{});
  EXPECT_FALSE(ours_.claim(run, this_process()));
  const std::vector<HeldRun> held = ours_.held_runs();
  ASSERT_EQ(held.size(), 1u);
  EXPECT_EQ(job_folder_of(held[0].owner), "quick-1");
  EXPECT_EQ(held[0].owner.pid, 3);
  ours_.release(held[0].lease);
  EXPECT_TRUE(ours_.claim(run, this_process()));
}

}  // namespace
}  // namespace sinkmoe::store
