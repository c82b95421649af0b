// The runs of results/reference.db keep their names: configurations and identities of a database
// read back and write out as they stand there.
#include <gtest/gtest.h>

#include "config/compose/canonical.h"
#include "core/text/split_join.h"
#include "plan/stored_run.h"
#include "store/read/query.h"
#include "support/source_dir.h"

namespace sinkmoe::queue {
namespace {

std::string text(const Cell& cell) {
  const auto* value = std::get_if<std::string>(&cell);
  return value ? *value : "";
}

// The lines of `now` whose keys `before` has: a key that is newer than a stored run is at its default
// there, and adds nothing to its identity.
std::string lines_of_keys(const std::string& now, const std::string& before) {
  std::string kept;
  for (const std::string& line : split(now, '\n'))
    if (const std::string key = line.substr(0, line.find(" = ")) + " = ";
        before.starts_with(key) || before.find("\n" + key) != std::string::npos)
      kept += line + "\n";
  return kept;
}

TEST(ReferenceRuns, AreWrittenAsTheyWereReadAndHashToTheirNames) {
  const store::Reader reader(source_dir() / "results/reference.db");
  const Table runs = reader.query("select run_id, parent_id, config, identity from run");
  ASSERT_GE(runs.rows.size(), 753u);
  for (const auto& row : runs.rows) {
    const std::string id = text(row[0]), config = text(row[2]), identity = text(row[3]);
    const config::RunConfig parsed = config::parse_canonical(config, id);
    ASSERT_EQ(lines_of_keys(config::canonical_text(parsed), config), config) << id;
    ASSERT_EQ(config::identity_text(parsed), identity) << id;
    ASSERT_EQ(plan::contradiction(id, text(row[1]), config, identity), "") << id;
  }
}

}  // namespace
}  // namespace sinkmoe::queue
