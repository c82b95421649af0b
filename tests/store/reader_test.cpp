// A program that reads the file, for however long, keeps a write waiting and takes nothing away.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <limits>
#include <thread>

#include "fixture.h"
#include "store/sqlite/lock_holder.h"
#include "store/sqlite/sqlite.h"

namespace sinkmoe::store {
namespace {

using testing::HasSubstr;

void pause_ms(int64_t ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

// As a notebook that has fetched one row of many: holds the lock of a reader.
class OpenQuery {
 public:
  explicit OpenQuery(const std::filesystem::path& path)
      : db_(path, sql::Connection::Mode::read_only), rows_(db_, "SELECT run_id FROM run") {
    rows_.step();
  }

 private:
  sql::Connection db_;
  sql::Statement rows_;
};

class Readers : public testing::Test {
 protected:
  Readers() : db_(folder_ / "r.db"), store_(db_) {
    store_.put_experiment(experiment_row({run_row("vanilla", 0, 0), run_row("vanilla", 0, 1)}));
    lease_ = begin(store_, "vanilla-0-s0");
  }
  std::string events() { return rows(db_, "select text from event order by id"); }
  Folder folder_;
  std::filesystem::path db_;
  Store store_;
  Lease lease_;
};

TEST_F(Readers, KeepAWriteWaitingWhileOthersRead) {
  std::optional<OpenQuery> reader(db_);
  std::atomic<bool> written = false;
  std::thread writer([&] {
    Store store(db_);
    store.set_patience({.seconds = std::numeric_limits<double>::infinity()});
    store.add_event(lease_, {"test", "written"});
    written = true;
  });
  for (int i = 0; i < 8; ++i) {
    pause_ms(250);
    EXPECT_EQ(events(), "") << "another reader";
  }
  EXPECT_FALSE(written);
  reader.reset();
  writer.join();
  EXPECT_EQ(events(), "written\n");
}

TEST_F(Readers, EndThePatienceOfAWriteThatLeavesNothingBehind) {
  std::optional<OpenQuery> reader(db_);
  store_.set_patience({.seconds = 0.7});
  try {
    store_.add_event(lease_, {"test", "first"});
    ADD_FAILURE() << "written while the file was read";
  } catch (const StoreError& e) {
    EXPECT_EQ(e.kind(), ErrorKind::busy);
  }
  int asked = 0;
  store_.set_patience({.go_on = [&](double) { return ++asked < 3; }});
  EXPECT_THROW(store_.add_event(lease_, {"test", "second"}), StoreError);
  EXPECT_EQ(asked, 3);
  reader.reset();
  store_.add_event(lease_, {"test", "third"});
  EXPECT_EQ(events(), "third\n");
}

TEST_F(Readers, TakeNoLeaseAway) {
  const std::string ids[] = {"vanilla-0-s1"};
  const Lease held = *store_.claim(ids, this_process(), {.lease_us = 20'000});
  Store other(db_);
  constexpr int64_t kGrace_us = 100'000;
  std::optional<OpenQuery> reader(db_);
  for (int i = 0; i < 8; ++i) {
    pause_ms(50);
    EXPECT_TRUE(other.free_dead_leases(kGrace_us).empty());
  }
  reader.reset();
  EXPECT_TRUE(other.free_dead_leases(kGrace_us).empty()) << "the holder could not renew it before";
  store_.renew(held);
  pause_ms(150);
  EXPECT_TRUE(other.free_dead_leases(kGrace_us).empty());
}

TEST_F(Readers, AreNamed) {
  if (!std::filesystem::exists("/proc/locks")) GTEST_SKIP() << "no /proc/locks";
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const OpenQuery query(db_);
    [[maybe_unused]] ssize_t n = ::write(ends[1], "x", 1);
    ::close(ends[1]);
    ::pause();
  }
  char byte;
  EXPECT_EQ(::read(ends[0], &byte, 1), 1);
  EXPECT_THAT(lock_holder(db_), HasSubstr("process " + std::to_string(child) + " ("));
  EXPECT_EQ(lock_holder(db_, {child}), "");
  store_.set_patience({.seconds = 0.1});
  try {
    store_.add_event(lease_, {"test", "x"});
    ADD_FAILURE() << "written while the file was read";
  } catch (const StoreError& e) {
    EXPECT_THAT(e.what(), HasSubstr("held by process " + std::to_string(child)));
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(lock_holder(db_), "");
}

}  // namespace
}  // namespace sinkmoe::store
