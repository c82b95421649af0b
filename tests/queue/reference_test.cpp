// The runs of results/reference.db keep their names: configurations and identities of a database
// read back and write out as they stand there.
#include <gtest/gtest.h>

#include "config/compose/canonical.h"
#include "plan/stored_run.h"
#include "store/read/query.h"
#include "support/source_dir.h"

namespace sinkmoe::queue {
namespace {

std::string text(const Cell& cell) {
  const auto* value = std::get_if<std::string>(&cell);
  return value ? *value : "";
}

TEST(ReferenceRuns, AreWrittenAsTheyWereReadAndHashToTheirNames) {
  const store::Reader reader(source_dir() / "results/reference.db");
  const Table runs = reader.query("select run_id, parent_id, config, identity from run");
  ASSERT_GE(runs.rows.size(), 753u);
  for (const auto& row : runs.rows) {
    const std::string id = text(row[0]), config = text(row[2]), identity = text(row[3]);
    const config::RunConfig parsed = config::parse_canonical(config, id);
    ASSERT_EQ(config::canonical_text(parsed), config) << id;
    ASSERT_EQ(config::identity_text(parsed), identity) << id;
    ASSERT_EQ(plan::contradiction(id, text(row[1]), config, identity), "") << id;
  }
}

}  // namespace
}  // namespace sinkmoe::queue
