// Findings of `doctor` in a database.
#include <gmock/gmock.h>

#include "fixture.h"
#include "store/read/health.h"
#include "store/sqlite/sqlite.h"

namespace sinkmoe::store {
namespace {

TEST(Health, AFreshDatabaseHasNoProblems) {
  Folder folder;
  {
    Store store(folder / "r.db");
    store.put_experiment(experiment_row({run_row("sink", 0, 0), run_row("sink", 0, 1)}));
    store.add_checkpoint(begin(store, "sink-0-s0"), {5, true, "final", 7, "abc"});
  }
  EXPECT_THAT(database_problems(folder / "r.db"), testing::IsEmpty());
  EXPECT_THAT(stored_run_ids(folder / "r.db"), testing::ElementsAre("sink-0-s0", "sink-0-s1"));
  const auto checkpoints = stored_checkpoints(folder / "r.db");
  ASSERT_EQ(checkpoints.size(), 1u);
  EXPECT_EQ(checkpoints[0].run_id, "sink-0-s0");
  EXPECT_EQ(checkpoints[0].row.bytes, 7);
}

TEST(Health, RowsThatReferToNothingAreNamed) {
  Folder folder;
  {
    Store store(folder / "r.db");
  }
  sql::Connection db(folder / "r.db", sql::Connection::Mode::read_write);
  db.exec("PRAGMA foreign_keys = OFF; INSERT INTO param VALUES(7, 'model.layers', 1)");
  EXPECT_THAT(database_problems(folder / "r.db"),
              testing::Contains("a row of param refers to a row of run that does not exist"));
}

}  // namespace
}  // namespace sinkmoe::store
