// Leases and attempts: who may write, and what a new attempt leaves of the one before.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <limits>
#include <thread>

#include "fixture.h"

namespace sinkmoe::store {
namespace {

class Leases : public testing::Test {
 protected:
  Leases() : db_(folder_ / "r.db"), store_(db_) {
    store_.put_experiment(experiment_row({run_row("vanilla", 0, 0), run_row("vanilla", 0, 1)}));
  }
  std::string metrics() {
    return rows(db_, "select name, step, value from v_metric order by 1, 2");
  }
  std::string status(const std::string& run_id) { return name_of(store_.state(run_id)->status); }
  const std::string a_ = "vanilla-0-s0", b_ = "vanilla-0-s1";
  Folder folder_;
  std::filesystem::path db_;
  Store store_;
};

// A process that has ended: its pid and start time are those of nobody.
Owner dead_process() {
  Owner owner = this_process();
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  owner.pid = child;
  return owner;
}

TEST_F(Leases, ARunIsClaimedOnceAndInOrder) {
  const std::string ids[] = {a_, b_};
  EXPECT_EQ(store_.claim(ids, this_process())->run_id, a_);
  EXPECT_EQ(store_.claim(ids, this_process())->run_id, b_);
  EXPECT_FALSE(store_.claim(ids, this_process()));
}

TEST_F(Leases, AWorkerWithAnOldEpochCannotWrite) {
  const Lease old = begin(store_, a_);
  store_.add_metrics(old, {{"eval/loss", 1, -1, -1, 5}});
  store_.finish(old, {Outcome::interrupted, ""});
  const Lease now = begin(store_, a_, 1);
  EXPECT_EQ(now.epoch, old.epoch + 1);
  EXPECT_THROW(store_.add_metrics(old, {{"eval/loss", 2, -1, -1, 6}}), LeaseLost);
  EXPECT_THROW(store_.describe(old, {{"x", "1", "", ""}}), LeaseLost);
  EXPECT_THROW(store_.add_event(old, {"x", "y"}), LeaseLost);
  EXPECT_THROW(store_.add_histograms(old, {{"h", 1, 0, 0, 0, 1, {1}}}), LeaseLost);
  EXPECT_THROW(store_.add_checkpoint(old, {1, false, "f", 1, "h"}), LeaseLost);
  EXPECT_THROW(store_.finish(old, {}), LeaseLost);
  EXPECT_THROW(store_.renew(old), LeaseLost);
  EXPECT_THROW(store_.adopt(a_, old.epoch, this_process()), LeaseLost);
  EXPECT_EQ(metrics(), "eval/loss|1|5\n");
  EXPECT_EQ(status(a_), "running");
}

TEST_F(Leases, AVoidedRunTakesTheRightToWriteAway) {
  const Lease lease = begin(store_, a_);
  store_.void_run(a_, "wrong");
  EXPECT_THROW(store_.add_metrics(lease, {{"eval/loss", 2, -1, -1, 6}}), LeaseLost);
  EXPECT_THROW(store_.void_run(a_, "again"), Error);
}

TEST_F(Leases, AnAttemptReplacesRowsBeyondItsStart) {
  const Lease first = begin(store_, a_);
  for (int64_t step : {0, 5, 10, 15})
    store_.add_metrics(first, {{"eval/loss", step, -1, -1, 1.0 * step}});
  store_.add_checkpoint(first, {5, false, "step-5", 1, "x"});
  store_.add_checkpoint(first, {10, false, "step-10", 1, "x"});
  store_.add_histograms(first, {{"h", 10, 0, 0, 0, 1, {1}}, {"h", 5, 0, 0, 0, 1, {1}}});
  store_.finish(first, {Outcome::interrupted, ""});
  const Lease second = begin(store_, a_, 5);
  EXPECT_EQ(metrics(), "eval/loss|0|0\neval/loss|5|5\n");
  EXPECT_EQ(rows(db_, "select step from histogram"), "5\n");
  EXPECT_EQ(store_.checkpoints(a_).size(), 1u);
  store_.add_metrics(second, {{"eval/loss", 5, -1, -1, 50}, {"eval/loss", 10, -1, -1, 100}});
  EXPECT_EQ(metrics(), "eval/loss|0|0\neval/loss|5|50\neval/loss|10|100\n");
  store_.finish(second, {Outcome::interrupted, ""});
  begin(store_, a_);
  EXPECT_EQ(metrics(), "");
}

TEST_F(Leases, ValuesThatAreNotFiniteAreRefusedWithTheirBatch) {
  const Lease lease = begin(store_, a_);
  for (double bad : {std::nan(""), std::numeric_limits<double>::infinity(),
                     -std::numeric_limits<double>::infinity()})
    EXPECT_THROW(
        store_.add_metrics(lease, {{"eval/loss", 1, -1, -1, 1}, {"eval/loss", 2, -1, -1, bad}}),
        NotFinite);
  EXPECT_THROW(store_.add_histograms(lease, {{"h", 1, 0, 0, std::nan(""), 1, {1}}}), NotFinite);
  EXPECT_EQ(metrics(), "");
}

TEST_F(Leases, ADeadOwnersRunIsLostAndFreeAtOnce) {
  const std::string ids[] = {a_};
  Lease lease = *store_.claim(ids, this_process());
  store_.begin_attempt(lease, {});
  EXPECT_TRUE(store_.free_dead_leases().empty());
  store_.adopt(a_, lease.epoch, dead_process());
  EXPECT_THAT(store_.free_dead_leases(), testing::ElementsAre(a_));
  EXPECT_EQ(status(a_), "lost");
  EXPECT_EQ(rows(db_, "select outcome from attempt"), "lost\n");
  EXPECT_TRUE(store_.claim(ids, this_process()));
}

TEST_F(Leases, ALeaseThatRanOutIsFreedAndARenewedOneIsNot) {
  const std::string ids[] = {a_, b_};
  const Lease silent = *store_.claim(ids, this_process(), {.lease_us = 20'000});
  const Lease alive = *store_.claim(ids, this_process(), {.lease_us = 20'000});
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  store_.renew(alive, {.lease_us = 60'000'000});
  constexpr int64_t kGrace_us = 20'000;
  EXPECT_TRUE(store_.free_dead_leases(kGrace_us).empty()) << "it may have been held up";
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  EXPECT_THAT(store_.free_dead_leases(kGrace_us), testing::ElementsAre(silent.run_id));
  EXPECT_THROW(store_.renew(silent), LeaseLost);
}

TEST_F(Leases, OwnersElsewhereAreJudgedByTheWallClock) {
  Owner elsewhere = this_process();
  elsewhere.host = "another";
  elsewhere.boot = "another-boot/pid:[1]";
  EXPECT_EQ(life_of(elsewhere), Life::unknown);
  elsewhere.host = this_process().host;
  EXPECT_EQ(life_of(elsewhere), Life::dead) << "the same host after a reboot";
  Owner recycled = this_process();
  ++recycled.start;
  EXPECT_EQ(life_of(recycled), Life::dead) << "another process under the same number";
  EXPECT_EQ(life_of(this_process()), Life::alive);
}

TEST_F(Leases, ThreeCrashesInARowQuarantineAndACheckpointStartsTheCountAnew) {
  const RunEnd crash{Outcome::signal, "killed by SIGKILL"};
  EXPECT_EQ(store_.finish(begin(store_, a_), crash, {.worker_gone = true}), RunStatus::lost);
  EXPECT_EQ(store_.finish(begin(store_, a_), crash, {.worker_gone = true}), RunStatus::lost);
  const Lease lease = begin(store_, a_);
  store_.add_checkpoint(lease, {5, false, "step-5", 1, "x"});
  EXPECT_EQ(store_.finish(lease, crash, {.worker_gone = true}), RunStatus::lost);
  EXPECT_EQ(store_.finish(begin(store_, a_), crash, {.worker_gone = true}), RunStatus::lost);
  EXPECT_EQ(store_.finish(begin(store_, a_), crash, {.worker_gone = true}), RunStatus::quarantined);
  const std::string ids[] = {a_};
  EXPECT_FALSE(store_.claim(ids, this_process()));
  EXPECT_TRUE(store_.claim(ids, this_process(), {.retry_failed = true}));
  EXPECT_EQ(store_.state(a_)->crashes, 0);
}

TEST_F(Leases, TheFinalWeightsDoNotStartTheCountAnew) {
  for (const RunStatus status : {RunStatus::lost, RunStatus::lost, RunStatus::quarantined}) {
    const Lease lease = begin(store_, a_);
    store_.add_checkpoint(lease, {20, true, "final", 1, "x"});
    EXPECT_EQ(store_.finish(lease, {Outcome::signal, "killed by SIGKILL"}, {.worker_gone = true}),
              status);
  }
}

TEST_F(Leases, OnlyTransientFailuresAreTriedAgain) {
  const std::string ids[] = {a_};
  store_.finish(begin(store_, a_), {Outcome::disk, "disk full"});
  EXPECT_EQ(store_.state(a_)->crashes, 0) << "a full disk is not the run's fault";
  store_.finish(begin(store_, a_), {Outcome::user, "no such file"});
  EXPECT_FALSE(store_.claim(ids, this_process()));
  const auto again = store_.claim(ids, this_process(), {.retry_failed = true});
  ASSERT_TRUE(again);
  store_.finish(*again, {Outcome::diverged, "nan"});
  EXPECT_FALSE(store_.claim(ids, this_process(), {.retry_failed = true}));
}

TEST_F(Leases, AChildWaitsForItsParent) {
  RunRow child = run_row("child", 0, 0);
  child.parent_id = a_;
  store_.put_experiment(experiment_row({run_row("vanilla", 0, 0), child}, "children"));
  const std::string ids[] = {child.run_id};
  EXPECT_FALSE(store_.claim(ids, this_process()));
  complete(store_, a_, 1);
  EXPECT_TRUE(store_.claim(ids, this_process()));
}

TEST_F(Leases, AStoredRunWithAnotherConfigurationIsRefused) {
  RunRow changed = run_row("vanilla", 0, 0);
  changed.identity = "other";
  EXPECT_THROW(store_.put_experiment(experiment_row({run_row("new", 0, 0), changed}, "changed")),
               StoreError);
  EXPECT_FALSE(store_.state("new-0-s0")) << "nothing of the experiment is written";
  RunRow threads = run_row("vanilla", 0, 0);
  threads.config = "run.threads = 2\n";
  store_.put_experiment(experiment_row({threads}, "threads"));
  EXPECT_EQ(store_.config(a_), "run.threads = 2\n");
}

// Claims from many threads, each with a connection of its own: every run exactly once.
TEST(ManyWriters, EveryRunIsClaimedOnce) {
  Folder folder;
  std::vector<RunRow> list;
  std::vector<std::string> ids;
  for (int64_t seed = 0; seed < 60; ++seed)
    list.push_back(run_row("vanilla", 0, seed)), ids.push_back(list.back().run_id);
  Store(folder / "r.db").put_experiment(experiment_row(list));
  std::vector<std::vector<std::string>> taken(4);
  std::vector<std::thread> threads;
  for (auto& mine : taken)
    threads.emplace_back([&] {
      Store store(folder / "r.db");
      while (const auto lease = store.claim(ids, this_process())) mine.push_back(lease->run_id);
    });
  for (std::thread& thread : threads) thread.join();
  std::vector<std::string> all;
  for (const auto& mine : taken) all.insert(all.end(), mine.begin(), mine.end());
  EXPECT_THAT(all, testing::UnorderedElementsAreArray(ids));
}

}  // namespace
}  // namespace sinkmoe::store
