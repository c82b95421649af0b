// Steps from one schema version to the next: forward only, each completely or not at all, with a
// copy of the old file.
#include <gmock/gmock.h>

#include "fixture.h"
#include "store/schema/schema.h"
#include "support/source_dir.h"

namespace sinkmoe::store {
namespace {

const int64_t kNext = schema_version() + 1;

std::string before(int64_t version) { return "r.db.before-v" + std::to_string(version); }

TEST(Migrations, AStepIsAppliedOnceWithACopyOfTheFileBefore) {
  Folder folder;
  {
    Store(folder / "r.db").put_experiment(experiment_row({run_row("sink", 0, 0)}));
  }
  std::vector<Migration> steps(migrations().begin(), migrations().end());
  steps.push_back({kNext, "ALTER TABLE run ADD COLUMN more TEXT NOT NULL DEFAULT 'none'"});
  sql::Connection db(folder / "r.db", sql::Connection::Mode::read_write);
  migrate(db, steps);
  migrate(db, steps);
  EXPECT_EQ(db.integer("PRAGMA user_version"), kNext);
  EXPECT_EQ(db.text("SELECT more FROM run"), "none");
  EXPECT_EQ(rows(folder / before(kNext), "select run_id from run_wide"), "sink-0-s0\n");
}

TEST(Migrations, TheCopyFromBeforeStaysWhenStepsWereCutOff) {
  Folder folder;
  {
    Store(folder / "r.db").put_experiment(experiment_row({run_row("sink", 0, 0)}));
  }
  std::vector<Migration> steps(migrations().begin(), migrations().end());
  steps.push_back({kNext, "DELETE FROM experiment_run; DELETE FROM param; DELETE FROM run"});
  steps.push_back({kNext + 1, "CREATE TABLE run(x)"});  // fails
  sql::Connection db(folder / "r.db", sql::Connection::Mode::read_write);
  EXPECT_THROW(migrate(db, steps), StoreError);
  EXPECT_EQ(db.integer("PRAGMA user_version"), kNext);
  steps.back().sql = "CREATE TABLE more(x)";
  migrate(db, steps);
  EXPECT_EQ(db.integer("PRAGMA user_version"), kNext + 1);
  EXPECT_EQ(rows(folder / before(kNext + 1), "select run_id from run"), "sink-0-s0\n");
}

TEST(Migrations, AStepThatFailsLeavesTheFileAsItWas) {
  Folder folder;
  {
    Store store(folder / "r.db");
  }
  std::vector<Migration> steps(migrations().begin(), migrations().end());
  steps.push_back({kNext, "CREATE TABLE half(x); CREATE TABLE run(x)"});
  sql::Connection db(folder / "r.db", sql::Connection::Mode::read_write);
  EXPECT_THROW(migrate(db, steps), StoreError);
  EXPECT_EQ(db.integer("PRAGMA user_version"), kNext - 1);
  EXPECT_EQ(db.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'half'"), 0);
}

// A file of version 1 has neither tags nor notes. It can be read as it is; the first writer adds
// the tables and the columns of run_wide.
TEST(Migrations, AnOldFileIsReadAsItIsAndUpgradedByTheFirstWriter) {
  Folder folder;
  {
    sql::Connection old(folder / "r.db", sql::Connection::Mode::create);
    migrate(old, migrations().first(1));
    old.exec(
        "INSERT INTO run(run_id, group_id, seed, label, config, identity, created_us) "
        "VALUES('a', 'g', 0, 'l', '', '', 0);"
        "DROP VIEW experiment_wide; DROP VIEW run_wide;"
        "CREATE VIEW run_wide AS SELECT run_id, status FROM run WHERE status <> 'void'");
    EXPECT_EQ(old.integer("PRAGMA user_version"), 1);
  }
  EXPECT_EQ(rows(folder / "r.db", "select count(*) from tag t join note n using (run)"), "0\n");
  EXPECT_EQ(rows(folder / "r.db", "select run_id from run_wide"), "a\n");
  Store(folder / "r.db").tag_run("a", {"paper"}, {});
  EXPECT_EQ(rows(folder / "r.db", "select run_id, tags, note from run_wide"), "a|paper|\n");
  sql::Connection db(folder / "r.db", sql::Connection::Mode::read_only);
  EXPECT_EQ(db.integer("PRAGMA user_version"), schema_version());
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
  if (!std::filesystem::exists(reference)) GTEST_SKIP() << "no results/reference.db";
  Folder folder;
  std::filesystem::copy_file(reference, folder / "r.db");
  const std::string sql =
      "select count(*), count(distinct run_id), sum(value) from v_metric where name = 'eval/loss'";
  auto read = [&] { return Reader(folder / "r.db").query(sql).rows; };
  const auto before = read();
  Store store(folder / "r.db");
  EXPECT_EQ(read(), before);
  EXPECT_EQ(rows(folder / "r.db",
                 "select count(distinct sha256) from v_input where part = 'source' "
                 "and name = 'text'"),
            "3\n")
      << "novels, plays, and novels in the words of the pretrained model";
  EXPECT_EQ(sql::Connection(folder / "r.db", sql::Connection::Mode::read_only)
                .integer("PRAGMA user_version"),
            schema_version());
}

}  // namespace
}  // namespace sinkmoe::store
