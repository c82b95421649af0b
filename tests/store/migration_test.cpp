// Steps from one schema version to the next: forward only, each completely or not at all, with a
// copy of the old file.
#include <gmock/gmock.h>

#include "fixture.h"
#include "store/schema/schema.h"

namespace sinkmoe::store {
namespace {

TEST(Migrations, AStepIsAppliedOnceWithACopyOfTheFileBefore) {
  Folder folder;
  {
    Store(folder / "r.db").put_experiment(experiment_row({run_row("sink", 0, 0)}));
  }
  std::vector<Migration> steps(migrations().begin(), migrations().end());
  steps.push_back({2, "ALTER TABLE run ADD COLUMN note TEXT NOT NULL DEFAULT 'none'"});
  sql::Connection db(folder / "r.db", sql::Connection::Mode::read_write);
  migrate(db, steps);
  migrate(db, steps);
  EXPECT_EQ(db.integer("PRAGMA user_version"), 2);
  EXPECT_EQ(db.text("SELECT note FROM run"), "none");
  EXPECT_EQ(rows(folder / "r.db.before-v2", "select run_id from run_wide"), "sink-0-s0\n");
}

TEST(Migrations, TheCopyFromBeforeStaysWhenStepsWereCutOff) {
  Folder folder;
  {
    Store(folder / "r.db").put_experiment(experiment_row({run_row("sink", 0, 0)}));
  }
  std::vector<Migration> steps(migrations().begin(), migrations().end());
  steps.push_back({2, "DELETE FROM experiment_run; DELETE FROM param; DELETE FROM run"});
  steps.push_back({3, "CREATE TABLE run(x)"});  // fails
  sql::Connection db(folder / "r.db", sql::Connection::Mode::read_write);
  EXPECT_THROW(migrate(db, steps), StoreError);
  EXPECT_EQ(db.integer("PRAGMA user_version"), 2);
  steps[2].sql = "CREATE TABLE more(x)";
  migrate(db, steps);
  EXPECT_EQ(db.integer("PRAGMA user_version"), 3);
  EXPECT_EQ(rows(folder / "r.db.before-v3", "select run_id from run"), "sink-0-s0\n");
}

TEST(Migrations, AStepThatFailsLeavesTheFileAsItWas) {
  Folder folder;
  {
    Store store(folder / "r.db");
  }
  std::vector<Migration> steps(migrations().begin(), migrations().end());
  steps.push_back({2, "CREATE TABLE half(x); CREATE TABLE run(x)"});
  sql::Connection db(folder / "r.db", sql::Connection::Mode::read_write);
  EXPECT_THROW(migrate(db, steps), StoreError);
  EXPECT_EQ(db.integer("PRAGMA user_version"), 1);
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

}  // namespace
}  // namespace sinkmoe::store
