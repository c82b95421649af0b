// A program that holds the database for longer than leases live: the sweep goes on, and no run is made twice.
#include <signal.h>

#include <chrono>
#include <optional>
#include <thread>

#include "store/sqlite/sqlite.h"
#include "sweep_fixture.h"

namespace sinkmoe::queue {
namespace {

// As a pager that is left open on a query.
class OpenQuery {
 public:
  explicit OpenQuery(const std::filesystem::path& path)
      : db_(path, store::sql::Connection::Mode::read_only), rows_(db_, "SELECT run_id FROM run") {
    rows_.step();
  }

 private:
  store::sql::Connection db_;
  store::sql::Statement rows_;
};

constexpr int64_t kRuns = 4, kSteps = 60;
constexpr double kLease_seconds = 0.5;

class Holds : public testing::Test {
 protected:
  Holds() {
    run_experiment(fake_plan(kRuns, kSteps), fake_options(folder_ / "reference.db"));
    reference_ = tables(folder_ / "reference.db");
  }
  void hold_ms(int64_t ms) {
    const OpenQuery query(db_);
    std::this_thread::sleep_for(std::chrono::milliseconds(ms));
    EXPECT_EQ(rows(db_, "select count(*) from run"), std::to_string(kRuns) + "\n") << "others read";
  }
  Folder folder_;
  const std::filesystem::path db_ = folder_ / "held" / "r.db";
  std::string reference_;
};

TEST_F(Holds, OfALongTimeLoseNothing) {
  const Sweep sweep = start_sweep(db_, kRuns, kSteps, kLease_seconds);
  ASSERT_TRUE(eventually(db_, "select count(*) > 0 from metric", "1\n"));
  hold_ms(3000);
  EXPECT_EQ(sweep.wait(), 0);
  EXPECT_EQ(tables(db_), reference_);
  EXPECT_EQ(rows(db_, "select count(*) from attempt"), std::to_string(kRuns) + "\n");
  EXPECT_EQ(rows(db_, "select count(*) from event where kind = 'lost'"), "0\n");
}

TEST_F(Holds, DuringWhichEverythingIsKilledLoseNothing) {
  const Sweep sweep = start_sweep(db_, kRuns, kSteps, kLease_seconds);
  ASSERT_TRUE(eventually(db_, "select count(*) > 0 from metric", "1\n"));
  {
    const OpenQuery query(db_);
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    sweep.kill_group(SIGKILL);
    sweep.wait();
  }
  EXPECT_EQ(start_sweep(db_, kRuns, kSteps, kLease_seconds).wait(), 0);
  EXPECT_EQ(tables(db_), reference_);
}

TEST(SweepLine, SaysForWhichProgramItWaits) {
  EXPECT_THAT(
      format_line(SweepLine{.name = "quick",
                            .total = 3,
                            .done = 1,
                            .running = 1,
                            .seconds = 100,
                            .eta = 60,
                            .held = 35,
                            .holder = "process 12 (sqlite3)"}),
      testing::HasSubstr("waiting 0:35 for process 12 (sqlite3), which reads the database"));
}

}  // namespace
}  // namespace sinkmoe::queue
