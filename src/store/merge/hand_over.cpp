#include "store/merge/hand_over.h"

#include "store/merge/merge_parts.h"
#include "store/schema/schema.h"
#include "store/schema/sql_views.h"
#include "store/sqlite/database_file.h"

namespace sinkmoe::store {

namespace {

// The attempts of the other side include ours, because one side at a time works on a run.
constexpr const char* kRun = R"sql(
INSERT INTO main.run(run_id, group_id, control_id, parent_id, seed, label, status, config, identity, created_us,
    finished_us, message, cause, crashes)
  SELECT run_id, group_id, control_id, parent_id, seed, label, status, config, identity, created_us, finished_us,
    message, cause, crashes FROM other.run WHERE run_id = (SELECT run_id FROM temp.wanted)
  ON CONFLICT(run_id) DO UPDATE SET status = excluded.status, finished_us = excluded.finished_us,
    message = excluded.message, cause = excluded.cause, crashes = excluded.crashes;
CREATE TEMP TABLE pair AS
  SELECT b.id AS theirs, a.id AS ours, 0 AS before FROM temp.wanted JOIN main.run a USING (run_id)
    JOIN other.run b USING (run_id);
DELETE FROM main.attempt WHERE run IN (SELECT ours FROM pair);
)sql";

constexpr const char* kHandedOver = R"sql(
INSERT INTO main.checkpoint(run, step, final, path, bytes, sha256, at_us)
  SELECT p.ours, x.step, x.final, x.path, x.bytes, x.sha256, x.at_us FROM pair p JOIN other.checkpoint x
    ON x.run = p.theirs;
INSERT INTO main.event(run, attempt, at_us, kind, text)
  SELECT p.ours, x.attempt, x.at_us, x.kind, x.text FROM pair p JOIN other.event x ON x.run = p.theirs
  WHERE NOT EXISTS (SELECT 1 FROM main.event y WHERE y.run = p.ours AND y.attempt = x.attempt
    AND y.at_us = x.at_us AND y.kind = x.kind AND y.text = x.text) ORDER BY x.id;
DROP TABLE temp.pair;
DROP TABLE temp.wanted;
)sql";

void require_same_run(sql::Connection& db, const std::filesystem::path& from,
                      const std::string& run_id) {
  sql::Statement find(db, R"sql(
SELECT b.identity, coalesce(a.identity, b.identity)
FROM other.run b LEFT JOIN main.run a USING (run_id)
WHERE b.run_id = ?)sql");
  if (!find.bind(run_id).step()) throw Error("it has no run " + run_id, from.string());
  if (find.text(0) != find.text(1))
    throw Error("run " + run_id + " has another configuration there: [" + find.text(1) + "] in " +
                    db.path().string() + ", [" + find.text(0) + "] in the other",
                from.string());
}

}  // namespace

void copy_run(Store& to, const std::filesystem::path& from, const std::string& run_id) {
  require_purpose(purpose_of(from), purpose_of(to.path()), from);
  sql::Connection db(to.path(), sql::Connection::Mode::read_write);
  db.exec("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF");
  const Attached attached(db, from);
  if (db.integer("PRAGMA other.user_version") != schema_version())
    throw StoreError(ErrorKind::bad_input, {"the database is of another version", from.string(),
                                            "run the command with the program that wrote it"});
  check_tables(db);
  db.write([&] {
    require_same_run(db, from, run_id);
    db.exec("CREATE TEMP TABLE wanted(run_id TEXT)");
    sql::Statement(db, "INSERT INTO wanted VALUES(?)").bind(run_id).run();
    db.exec(kCopyNames);
    db.exec(kRun);
    db.exec(rows_of_pairs(1));
    db.exec(kHandedOver);
    remake_views(db);
  });
}

}  // namespace sinkmoe::store
