// Steps from one schema version to the next: forward only, each completely or not at all, with a
// copy of the old file.
#include <gmock/gmock.h>

#include "fixture.h"
#include "store/schema/schema.h"
#include "support/source_dir.h"

namespace sinkmoe::store {
namespace {

TEST(Migrations, AStepIsAppliedOnceWithACopyOfTheFileBefore) {
  Folder folder;
  {
    Store(folder / "r.db").put_experiment(experiment_row({run_row("sink", 0, 0)}));
  }
  std::vector<Migration> steps(migrations().begin(), migrations().end());
  steps.push_back({3, "ALTER TABLE run ADD COLUMN note TEXT NOT NULL DEFAULT 'none'"});
  sql::Connection db(folder / "r.db", sql::Connection::Mode::read_write);
  migrate(db, steps);
  migrate(db, steps);
  EXPECT_EQ(db.integer("PRAGMA user_version"), 3);
  EXPECT_EQ(db.text("SELECT note FROM run"), "none");
  EXPECT_EQ(rows(folder / "r.db.before-v3", "select run_id from run_wide"), "sink-0-s0\n");
}

TEST(Migrations, TheCopyFromBeforeStaysWhenStepsWereCutOff) {
  Folder folder;
  {
    Store(folder / "r.db").put_experiment(experiment_row({run_row("sink", 0, 0)}));
  }
  std::vector<Migration> steps(migrations().begin(), migrations().end());
  steps.push_back({3, "DELETE FROM experiment_run; DELETE FROM param; DELETE FROM run"});
  steps.push_back({4, "CREATE TABLE run(x)"});  // fails
  sql::Connection db(folder / "r.db", sql::Connection::Mode::read_write);
  EXPECT_THROW(migrate(db, steps), StoreError);
  EXPECT_EQ(db.integer("PRAGMA user_version"), 3);
  steps[3].sql = "CREATE TABLE more(x)";
  migrate(db, steps);
  EXPECT_EQ(db.integer("PRAGMA user_version"), 4);
  EXPECT_EQ(rows(folder / "r.db.before-v4", "select run_id from run"), "sink-0-s0\n");
}

TEST(Migrations, AStepThatFailsLeavesTheFileAsItWas) {
  Folder folder;
  {
    Store store(folder / "r.db");
  }
  std::vector<Migration> steps(migrations().begin(), migrations().end());
  steps.push_back({3, "CREATE TABLE half(x); CREATE TABLE run(x)"});
  sql::Connection db(folder / "r.db", sql::Connection::Mode::read_write);
  EXPECT_THROW(migrate(db, steps), StoreError);
  EXPECT_EQ(db.integer("PRAGMA user_version"), 2);
  EXPECT_EQ(db.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'half'"), 0);
}

TEST(Migrations, ANewFileIsMarkedAsOurs) {
  Folder folder;
  {
    Store store(folder / "r.db");
  }
  sql::Connection db(folder / "r.db", sql::Connection::Mode::read_only);
  EXPECT_EQ(db.integer("PRAGMA application_id"), kApplicationId);
  EXPECT_EQ(db.integer("PRAGMA user_version"), schema_version());
  EXPECT_EQ(db.text("PRAGMA journal_mode"), "delete");
  EXPECT_EQ(db.text("PRAGMA integrity_check"), "ok");
}

// The database that comes with the program, as it is and after the upgrade: no run, number or view
// changes, and it can be read before.
TEST(Migrations, TheReferenceDatabaseIsReadBeforeAndAfter) {
  const std::filesystem::path reference = source_dir() / "results/reference.db";
  if (!std::filesystem::exists(reference)) GTEST_SKIP();
  Folder folder;
  std::filesystem::copy_file(reference, folder / "r.db");
  const std::string sql =
      "select count(*), count(distinct run_id), sum(value) from v_metric where name = 'eval/loss'";
  auto read = [&] { return Reader(folder / "r.db").query(sql).rows; };
  const auto before = read();
  Store store(folder / "r.db");
  EXPECT_EQ(read(), before);
  EXPECT_EQ(rows(folder / "r.db", "select count(*) from v_input"), "0\n");
  EXPECT_EQ(sql::Connection(folder / "r.db", sql::Connection::Mode::read_only)
                .integer("PRAGMA user_version"),
            schema_version());
}

}  // namespace
}  // namespace sinkmoe::store
