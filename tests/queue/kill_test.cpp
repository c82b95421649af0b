// Kills, signals and stops at any moment: nothing that was committed is lost, and the tables
// come out the same.
#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "sweep_fixture.h"

namespace sinkmoe::queue {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr int64_t kRuns = 6, kSteps = 60;

// Kills in CI; SINKMOE_KILLS asks for more.
int kills() {
  const char* text = std::getenv("SINKMOE_KILLS");
  return text ? std::atoi(text) : 40;
}

void pause_ms(int64_t ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

std::set<std::string> lines(const std::string& text) {
  std::set<std::string> set;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) set.insert(line);
  return set;
}

std::string metrics(const fs::path& db) {
  return rows(db, "select run_id, name, step, layer, head, value from v_metric");
}

// The process of some run that has begun; 0 when there is none now.
pid_t a_worker(const fs::path& db) {
  const std::string pid = rows(
      db, "select l.pid from lease l join attempt a using (run, pid) where a.ended_us is null");
  return pid.empty() ? 0 : static_cast<pid_t>(std::stoll(pid));
}

class Kills : public testing::Test {
 protected:
  Kills() {
    run_experiment(fake_plan(kRuns, kSteps), fake_options(folder_ / "reference.db"));
    reference_ = tables(folder_ / "reference.db");
  }
  void finish_and_compare() {
    EXPECT_EQ(start_sweep(db_, kRuns, kSteps).wait(), 0);
    EXPECT_EQ(tables(db_), reference_);
  }
  Folder folder_;
  const fs::path db_ = folder_ / "killed" / "r.db";
  std::string reference_;
};

TEST_F(Kills, AtRandomMomentsLoseNothingThatWasCommitted) {
  std::mt19937 random(7);
  const std::set<std::string> allowed = lines(metrics(folder_ / "reference.db"));
  std::set<std::string> done;
  for (int i = 0; i < kills(); ++i) {
    const Sweep sweep = start_sweep(db_, kRuns, kSteps);
    pause_ms(std::uniform_int_distribution<int64_t>(5, 200)(random));
    sweep.kill_group(SIGKILL);
    sweep.wait();
    if (!fs::exists(db_) || fs::file_size(db_) == 0) continue;
    for (const std::string& row : lines(metrics(db_))) ASSERT_TRUE(allowed.contains(row)) << row;
    const auto now_done = lines(rows(db_, "select run_id from run where status = 'done'"));
    for (const std::string& run_id : done)
      ASSERT_TRUE(now_done.contains(run_id)) << run_id << " was done before";
    done = now_done;
    if (done.size() == kRuns) fs::remove_all(db_.parent_path()), done.clear();
  }
  finish_and_compare();
}

TEST_F(Kills, OfSingleWorkersAreRepairedByTheSupervisor) {
  const Sweep sweep = start_sweep(db_, kRuns, kSteps);
  ASSERT_TRUE(eventually(db_, "select count(*) > 0 from metric", "1\n"));
  for (int i = 0; i < 5; ++i) {
    const pid_t pid = a_worker(db_);
    if (pid > 0) ::kill(pid, SIGKILL);
    pause_ms(60);
  }
  EXPECT_EQ(sweep.wait(), 0);
  EXPECT_EQ(tables(db_), reference_);
}

TEST_F(Kills, OfTheSupervisorLetItsWorkersStopWithACheckpoint) {
  const Sweep sweep = start_sweep(db_, kRuns, kSteps);
  ASSERT_TRUE(eventually(db_, "select count(*) > 0 from metric", "1\n"));
  sweep.signal(SIGKILL);
  sweep.wait();
  EXPECT_TRUE(eventually(db_, "select count(*) from run where status = 'running'", "0\n"));
  EXPECT_THAT(rows(db_, "select outcome from attempt where outcome <> 'done'"),
              HasSubstr("interrupted"));
  finish_and_compare();
}

class StopSignal : public Kills, public testing::WithParamInterface<int> {};

TEST_P(StopSignal, EndsWithCheckpointsAndCode75) {
  const Sweep sweep = start_sweep(db_, kRuns, kSteps);
  ASSERT_TRUE(eventually(db_, "select count(*) > 0 from metric", "1\n"));
  sweep.signal(GetParam());
  EXPECT_EQ(sweep.wait(), 75);
  EXPECT_EQ(rows(db_, "select count(*) from lease"), "0\n");
  EXPECT_EQ(
      rows(db_, "select count(*) from run where status not in ('done', 'interrupted', 'planned')"),
      "0\n");
  EXPECT_EQ(rows(db_,
                 "select count(*) from run r where status = 'interrupted' and not exists (select 1 "
                 "from checkpoint c "
                 "where c.run = r.id)"),
            "0\n");
  finish_and_compare();
}

INSTANTIATE_TEST_SUITE_P(Signals, StopSignal,
                         testing::Values(SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2));

// As under nohup, and in the background of a shell without job control.
TEST_F(Kills, ASignalThatWasIgnoredAtTheStartStaysIgnored) {
  ::signal(SIGHUP, SIG_IGN);
  ::signal(SIGINT, SIG_IGN);
  const Sweep sweep = start_sweep(db_, kRuns, kSteps);
  ::signal(SIGHUP, SIG_DFL);
  ::signal(SIGINT, SIG_DFL);
  ASSERT_TRUE(eventually(db_, "select count(*) > 0 from metric", "1\n"));
  sweep.kill_group(SIGHUP);
  sweep.kill_group(SIGINT);
  EXPECT_EQ(sweep.wait(), 0);
  EXPECT_EQ(rows(db_, "select count(*) from attempt where outcome <> 'done'"), "0\n");
  EXPECT_EQ(tables(db_), reference_);
}

TEST_F(Kills, ASecondInterruptEndsAtOnce) {
  const Sweep sweep = start_sweep(db_, kRuns, 100'000);
  ASSERT_TRUE(eventually(db_, "select count(*) > 0 from metric", "1\n"));
  sweep.kill_group(SIGINT);
  sweep.kill_group(SIGINT);
  EXPECT_EQ(sweep.wait(), 75);
}

TEST_F(Kills, TwoSupervisorsShareTheRuns) {
  const Sweep one = start_sweep(db_, kRuns, kSteps), two = start_sweep(db_, kRuns, kSteps);
  EXPECT_EQ(one.wait(), 0);
  EXPECT_EQ(two.wait(), 0);
  EXPECT_EQ(tables(db_), reference_);
  EXPECT_EQ(rows(db_, "select count(*) from attempt"), std::to_string(kRuns) + "\n");
}

TEST_F(Kills, AWorkerThatIsStoppedBeyondItsLeaseIsReplaced) {
  const Sweep sweep = start_sweep(db_, kRuns, kSteps, 0.5);
  ASSERT_TRUE(eventually(db_, "select count(*) > 0 from metric", "1\n"));
  const pid_t pid = a_worker(db_);
  ASSERT_GT(pid, 0);
  ::kill(pid, SIGSTOP);
  EXPECT_EQ(sweep.wait(), 0);
  EXPECT_EQ(tables(db_), reference_);
}

TEST_F(Kills, AWorkerThatWasStoppedForAWhileIsNotStalled) {
  const Sweep sweep = start_sweep(db_, 1, 300, 60, 0.4);
  ASSERT_TRUE(eventually(db_, "select count(*) > 0 from metric", "1\n"));
  const pid_t pid = a_worker(db_);
  ASSERT_GT(pid, 0);
  ::kill(pid, SIGSTOP);
  pause_ms(1500);
  ::kill(pid, SIGCONT);
  EXPECT_EQ(sweep.wait(), 0);
  EXPECT_EQ(rows(db_, "select attempt, outcome from attempt"), "1|done\n");
}

TEST_F(Kills, AStoppedWorkerThatHoldsTheLockDoesNotStopTheSweep) {
  const Sweep sweep = start_sweep(db_, 2, 3000, 0.5);
  ASSERT_TRUE(eventually(db_, "select count(*) > 1 from lease", "0\n") ||
              eventually(db_, "select count(*) > 0 from metric", "1\n"));
  // Stopped again and again, until once it was inside a transaction: its journal is then there.
  bool inside = false;
  for (int i = 0; i < 3000 && !inside; ++i) {
    const pid_t pid = a_worker(db_);
    if (pid <= 0) break;
    ::kill(pid, SIGSTOP);
    pause_ms(1);
    inside = fs::exists(db_.string() + "-journal");
    if (!inside) ::kill(pid, SIGCONT);
  }
  sweep.signal(SIGCONT);
  EXPECT_EQ(sweep.wait(), 0);
  EXPECT_EQ(rows(db_, "select count(*) from run where status = 'done'"), "2\n");
}

TEST_F(Kills, ADamagedNewestCheckpointFallsBackToTheOneBefore) {
  const Sweep sweep = start_sweep(db_, 1, kSteps);
  ASSERT_TRUE(eventually(db_, "select count(*) > 1 from checkpoint", "1\n"));
  sweep.signal(SIGTERM);
  ASSERT_EQ(sweep.wait(), 75);
  const std::string newest = rows(db_, "select path from checkpoint order by step desc limit 1");
  const std::string older = rows(db_, "select min(step) from checkpoint");
  std::ofstream(db_.parent_path() / "r.runs/fake-0" / newest.substr(0, newest.size() - 1),
                std::ios::app)
      << "x";
  EXPECT_EQ(start_sweep(db_, 1, kSteps).wait(), 0);
  EXPECT_EQ(rows(db_, "select start_step from attempt where attempt = 2"), older);
  EXPECT_THAT(rows(db_, "select text from event where kind = 'checkpoint passed over'"),
              HasSubstr("bytes instead of"));
  Folder clean;
  run_experiment(fake_plan(1, kSteps), fake_options(clean / "r.db"));
  EXPECT_EQ(tables(db_), tables(clean / "r.db"));
}

}  // namespace
}  // namespace sinkmoe::queue
