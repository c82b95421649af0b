// Files that are not a good database are refused with a reason, and no byte of them changes.
#include <gmock/gmock.h>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "core/file.h"
#include "core/hash.h"
#include "fixture.h"
#include "store/merge/merge.h"
#include "store/schema/schema.h"
#include "store/sqlite/sqlite.h"

namespace sinkmoe::store {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

void sqlite(const fs::path& db, const std::string& sql) {
  ASSERT_EQ(std::system(("sqlite3 '" + db.string() + "' \"" + sql + "\" > /dev/null").c_str()), 0);
}

std::string refusal(auto&& open) {
  try {
    open();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

// Both the writer and the reader refuse with `why`; the folder holds the same files with
// the same bytes afterwards.
void expect_refused(const fs::path& path, const std::string& why) {
  const bool file = fs::is_regular_file(path);
  const std::string before = file ? sha256_file(path) : "";
  EXPECT_THAT(refusal([&] { Store store(path); }), HasSubstr(why));
  EXPECT_THAT(refusal([&] { Reader reader(path); }), HasSubstr(why));
  if (file) {
    EXPECT_EQ(sha256_file(path), before);
    EXPECT_EQ(std::distance(fs::directory_iterator(path.parent_path()), {}), 1);
  }
}

TEST(Files, AnotherProgramsDatabaseIsRefused) {
  Folder folder;
  sqlite(folder / "other.db", "create table t(x); pragma application_id = 7");
  expect_refused(folder / "other.db", "another program (application_id 7)");
}

TEST(Files, ADatabaseWithoutApplicationIdIsRefused) {
  Folder folder;
  sqlite(folder / "plain.db", "create table t(x)");
  expect_refused(folder / "plain.db", "another program (application_id 0)");
}

TEST(Files, DrillsAndResultsNeverShareAFile) {
  Folder folder;
  const fs::path drills = folder / "drills.db", results = folder / "results.db";
  {
    Store made_up(drills, Purpose::drills), real(results);
    made_up.put_experiment(experiment_row({run_row("sink", 0, 0)}));
    real.put_experiment(experiment_row({run_row("sink", 0, 0)}));
  }
  EXPECT_TRUE(Reader(drills).drills());
  EXPECT_FALSE(Reader(results).drills());
  const std::string before = sha256_file(drills) + sha256_file(results);
  EXPECT_THAT(refusal([&] { Store store(drills, Purpose::results); }),
              HasSubstr("a drill database"));
  EXPECT_THAT(refusal([&] { Store store(results, Purpose::drills); }),
              HasSubstr("a database of results"));
  Store ours(results), theirs(drills);
  EXPECT_THAT(refusal([&] { merge_database(ours, drills); }), HasSubstr("a drill database"));
  EXPECT_THAT(refusal([&] { merge_database(theirs, results); }), HasSubstr("a drill database"));
  EXPECT_EQ(sha256_file(drills) + sha256_file(results), before);
}

TEST(Files, ANewerVersionIsRefusedNamingBoth) {
  Folder folder;
  {
    Store store(folder / "new.db");
  }
  sqlite(folder / "new.db", "pragma user_version = 99");
  expect_refused(folder / "new.db", "newer sinkmoe (schema 99, this program knows " +
                                        std::to_string(schema_version()) + ")");
}

TEST(Files, ATruncatedDatabaseIsRefused) {
  Folder folder;
  {
    Store store(folder / "cut.db");
  }
  const auto size = fs::file_size(folder / "cut.db");
  fs::resize_file(folder / "cut.db", size / 2);
  expect_refused(folder / "cut.db", "damaged or truncated");
  fs::resize_file(folder / "cut.db", 50);
  expect_refused(folder / "cut.db", "truncated after 50 bytes");
}

TEST(Files, TextIsNotADatabase) {
  Folder folder;
  std::ofstream(folder / "notes.txt") << std::string(5000, 'x');
  expect_refused(folder / "notes.txt", "not an SQLite database");
}

TEST(Files, AFolderIsNotADatabase) {
  Folder folder;
  fs::create_directory(folder / "d.db");
  expect_refused(folder / "d.db", "not a regular file");
}

TEST(Files, AFolderThatCannotBeMadeIsNamed) {
  Folder folder;
  std::ofstream(folder / "file") << "x";
  EXPECT_THAT(refusal([&] { Store store(folder / "file/r.db"); }), HasSubstr("file"));
  EXPECT_THAT(refusal([&] { Store store("/proc/none/r.db"); }), HasSubstr("/proc/none"));
}

TEST(Files, ReaderSaysWhatToDoWithoutADatabase) {
  Folder folder;
  EXPECT_THAT(refusal([&] { Reader reader(folder / "none.db"); }), HasSubstr("sinkmoe run"));
  std::ofstream(folder / "empty.db");
  EXPECT_THAT(refusal([&] { Reader reader(folder / "empty.db"); }), HasSubstr("empty"));
  Store store(folder / "empty.db");
  EXPECT_EQ(rows(folder / "empty.db", "select count(*) from run_wide"), "0\n");
}

// A crash in the middle of a write leaves a journal; the next command rolls it back by itself.
TEST(Files, AWriteThatWasCutOffIsRolledBack) {
  Folder folder;
  {
    Store store(folder / "r.db");
    store.put_experiment(experiment_row({run_row("sink", 0, 0)}));
  }
  const pid_t child = ::fork();
  if (child == 0) {
    sql::Connection db(folder / "r.db", sql::Connection::Mode::read_write);
    // With a cache of one page, changed pages are written before the commit, which never comes.
    db.exec(
        "pragma cache_size = 1; begin immediate; update run set label = 'half'; create table "
        "junk(x); with recursive "
        "c(i) as (select 1 union all select i + 1 from c where i < 3000) insert into junk select "
        "randomblob(500) from c");
    ::raise(SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(fs::exists(folder / "r.db-journal"));
  testing::internal::CaptureStderr();
  EXPECT_EQ(rows(folder / "r.db", "select label from run_wide"), "sink\n");
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr("rolled back a write that a crash had interrupted"));
  EXPECT_FALSE(fs::exists(folder / "r.db-journal"));
}

}  // namespace
}  // namespace sinkmoe::store
