#include "store/merge/merge.h"

#include <fmt/format.h>

#include "core/text/number.h"
#include "core/text/quote.h"
#include "core/text/safe_name.h"
#include "store/merge/merge_parts.h"
#include "store/schema/schema.h"
#include "store/schema/sql_views.h"
#include "store/sqlite/database_file.h"
#include "store/sqlite/sqlite.h"

namespace sinkmoe::store {

namespace fs = std::filesystem;

namespace {

void refuse_conflicts(sql::Connection& db, const fs::path& other) {
  std::vector<Problem> problems;
  sql::Statement s(db,
                   R"sql(
SELECT a.run_id, a.identity, b.identity
FROM main.run a JOIN other.run b USING (run_id)
WHERE a.identity <> b.identity
ORDER BY 1)sql");
  while (s.step() && problems.size() < 20)
    problems.push_back(
        {fmt::format("run {} has another configuration there: [{}] in {}, [{}] in {}", s.text(0),
                     s.text(1), db.path().string(), s.text(2), other.string()),
         other.string(), "the two databases cannot be merged"});
  if (!problems.empty()) throw Error(problems);
}

// The runs to copy: finished there, and here neither finished, void nor in progress.
constexpr const char* kChoose = R"sql(
CREATE TEMP TABLE incoming AS
SELECT b.id AS theirs, b.run_id FROM other.run b LEFT JOIN main.run a USING (run_id)
WHERE b.status IN ('done', 'diverged')
  AND (a.id IS NULL OR (a.status NOT IN ('done', 'diverged', 'void')
       AND NOT EXISTS (SELECT 1 FROM main.lease l WHERE l.run = a.id)));
)sql";

// Refuses names that cannot be a folder, and runs that do not match their run_id.
void refuse_strange_runs(sql::Connection& db, const fs::path& other, const RunCheck& check) {
  std::vector<Problem> problems;
  sql::Statement s(db,
                   R"sql(
SELECT b.run_id, coalesce(b.parent_id, ''), b.config, b.identity
FROM temp.incoming i JOIN other.run b ON b.id = i.theirs
ORDER BY 1)sql");
  while (s.step() && problems.size() < 20) {
    const ForeignRun run{s.text(0), s.text(1), s.text(2), s.text(3)};
    const std::string why = !safe_name(run.run_id) ? "it is not a run_id" : check ? check(run) : "";
    if (!why.empty())
      problems.push_back({"run '" + run.run_id + "' is refused: " + why, other.string(),
                          "nothing of this database was merged"});
  }
  if (!problems.empty()) throw Error(problems);
}

// The name that each of their lists gets here. Lists of one name become one when theirs adds
// nothing, or when ours is an earlier form of theirs; else theirs keeps its runs under a name of
// its own.
constexpr const char* kNameLists = R"sql(
CREATE TEMP TABLE list_name AS
WITH ours AS (
  SELECT e.id AS list, r.run_id FROM main.experiment e JOIN main.experiment_run x ON x.experiment = e.id
    JOIN main.run r ON r.id = x.run),
theirs AS (
  SELECT e.id AS list, r.run_id FROM other.experiment e JOIN other.experiment_run x ON x.experiment = e.id
    JOIN other.run r ON r.id = x.run),
both AS (
  SELECT o.id, o.name, o.sha256, e.id IS NOT NULL AS here, o.path = e.path OR o.toml = e.toml AS own_file,
    EXISTS (SELECT run_id FROM theirs WHERE list = o.id EXCEPT SELECT run_id FROM ours WHERE list = e.id) AS adds,
    EXISTS (SELECT run_id FROM ours WHERE list = e.id EXCEPT SELECT run_id FROM theirs WHERE list = o.id) AS lacks
  FROM other.experiment o LEFT JOIN main.experiment e ON e.name = o.name)
SELECT id AS theirs, name AS was,
  CASE WHEN here AND adds AND (lacks OR NOT own_file)
    THEN substr(name, 1, 110) || '@' || substr(sha256, 1, 8) ELSE name END AS name
FROM both
)sql";

void note_renamed_lists(sql::Connection& db, const fs::path& other, MergeSummary& summary) {
  sql::Statement renamed(db, R"sql(
SELECT was, name FROM temp.list_name l
WHERE was <> name AND NOT EXISTS (SELECT 1 FROM main.experiment e WHERE e.name = l.name)
ORDER BY theirs)sql");
  while (renamed.step())
    summary.notes.push_back(
        fmt::format("experiment '{}' of {} has another list of runs; it is stored as '{}'",
                    renamed.text(0), other.string(), renamed.text(1)));
}

// Every statement may be repeated without effect. Attempts get numbers after ours; a run that was
// started here and finished there loses its rows here.
constexpr const char* kRuns = R"sql(
INSERT INTO main.run(run_id, group_id, control_id, parent_id, seed, label, status, config, identity, created_us,
    finished_us, message, cause)
  SELECT run_id, group_id, control_id, parent_id, seed, label, status, config, identity, created_us, finished_us,
    message, cause FROM other.run WHERE id IN (SELECT theirs FROM incoming) ORDER BY id
  ON CONFLICT(run_id) DO UPDATE SET label = excluded.label, status = excluded.status, config = excluded.config,
    finished_us = excluded.finished_us, message = excluded.message, cause = excluded.cause, crashes = 0;
CREATE TEMP TABLE pair AS
  SELECT i.theirs, a.id AS ours, (SELECT coalesce(max(attempt), 0) FROM main.attempt t WHERE t.run = a.id) AS before
  FROM incoming i JOIN main.run a USING (run_id);
)sql";
constexpr const char* kRest = R"sql(
INSERT INTO main.event(run, attempt, at_us, kind, text)
  SELECT p.ours, CASE WHEN x.attempt > 0 THEN x.attempt + p.before ELSE 0 END, x.at_us, x.kind, x.text
  FROM pair p JOIN other.event x ON x.run = p.theirs ORDER BY x.id;
INSERT INTO main.tag(run, tag, at_us)
  SELECT a.id, x.tag, x.at_us FROM other.tag x JOIN other.run b ON b.id = x.run JOIN main.run a USING (run_id)
  WHERE true ON CONFLICT DO NOTHING;
INSERT INTO main.event(run, attempt, at_us, kind, text)
  SELECT a.id, 0, x.at_us, 'note', 'in another database: ' || x.text
  FROM other.note x JOIN other.run b ON b.id = x.run JOIN main.run a USING (run_id) JOIN main.note y ON y.run = a.id
  WHERE y.text <> x.text AND NOT EXISTS (SELECT 1 FROM main.event e WHERE e.run = a.id AND e.kind = 'note'
    AND e.text = 'in another database: ' || x.text);
INSERT INTO main.note(run, text, at_us)
  SELECT a.id, x.text, x.at_us FROM other.note x JOIN other.run b ON b.id = x.run JOIN main.run a USING (run_id)
  WHERE true ON CONFLICT DO NOTHING;
DROP TABLE temp.pair;
DROP TABLE temp.incoming;
INSERT INTO main.experiment(name, title, path, toml, sha256, created_us)
  SELECT l.name, o.title, o.path, o.toml, o.sha256, o.created_us
  FROM temp.list_name l JOIN other.experiment o ON o.id = l.theirs WHERE true ON CONFLICT(name) DO NOTHING;
INSERT INTO main.experiment_run(experiment, ordinal, run)
  SELECT e.id, x.ordinal + (SELECT coalesce(max(ordinal) + 1, 0) FROM main.experiment_run y WHERE y.experiment = e.id),
    a.id
  FROM other.experiment_run x JOIN temp.list_name l ON l.theirs = x.experiment JOIN other.run b ON b.id = x.run
    JOIN main.experiment e ON e.name = l.name JOIN main.run a ON a.run_id = b.run_id
  WHERE NOT EXISTS (SELECT 1 FROM main.experiment_run z WHERE z.experiment = e.id AND z.run = a.id);
DROP TABLE temp.list_name;
INSERT INTO main.bench(name, variant, setting, value, unit, host, device, processor, git_commit, git_dirty, at_us)
  SELECT name, variant, setting, value, unit, host, device, processor, git_commit, git_dirty, at_us FROM other.bench
  EXCEPT
  SELECT name, variant, setting, value, unit, host, device, processor, git_commit, git_dirty, at_us FROM main.bench;
)sql";

constexpr const char* kLoss = R"sql((SELECT m.value
  FROM {0}.metric m JOIN {0}.metric_name n ON n.id = m.name
  WHERE m.run = {1}.id AND n.name = 'eval/loss' AND m.layer = -1 AND m.head = -1
  ORDER BY m.step DESC LIMIT 1))sql";

// For runs that both sides finished independently (equal attempts on both sides come from an
// earlier merge): stores an event with the difference of the results.
void note_duplicates(sql::Connection& db, MergeSummary& summary) {
  sql::Statement both(
      db, fmt::format(R"sql(
SELECT a.id, a.run_id, b.status, {}, {},
  EXISTS (SELECT 1 FROM main.attempt x JOIN other.attempt y USING (host, pid, started_us)
    WHERE x.run = a.id AND y.run = b.id)
FROM main.run a JOIN other.run b USING (run_id)
WHERE a.status IN ('done', 'diverged') AND b.status IN ('done', 'diverged')
ORDER BY a.run_id)sql",
                      fmt::format(kLoss, "main", "a"), fmt::format(kLoss, "other", "b")));
  sql::Statement put(db,
                     R"sql(
INSERT INTO main.event(run, attempt, at_us, kind, text)
SELECT ?1, 0, ?2, 'merge', ?3
WHERE NOT EXISTS (SELECT 1 FROM main.event WHERE run = ?1 AND kind = 'merge' AND text = ?3))sql");
  for (; both.step(); ++summary.kept) {
    if (both.integer(5) != 0) continue;
    std::string text = fmt::format("also {} in another database", both.text(2));
    if (!is_null(both.cell(3)) && !is_null(both.cell(4)))
      text += fmt::format(": final loss {} here, {} there, difference {}", both.text(3),
                          both.text(4), shortest(both.real(4) - both.real(3)));
    put.bind(both.integer(0), wall_clock_us(), text).run();
    if (db.changes() > 0)
      summary.notes.push_back("run " + both.text(1) + " stays as it is here; it is " + text);
  }
}

MergeSummary merge_attached(sql::Connection& db, const fs::path& other, const RunCheck& check,
                            int64_t train_every) {
  MergeSummary summary;
  refuse_conflicts(db, other);
  note_duplicates(db, summary);
  db.exec(kChoose);
  refuse_strange_runs(db, other, check);
  summary.added = db.integer("SELECT count(*) FROM temp.incoming");
  summary.unfinished =
      db.integer("SELECT count(*) FROM other.run WHERE status NOT IN ('done', 'diverged')");
  db.exec(kNameLists);
  note_renamed_lists(db, other, summary);
  db.exec(kCopyNames);
  db.exec(kRuns);
  db.exec(rows_of_pairs(train_every));
  db.exec(kRest);
  remake_views(db);
  return summary;
}

}  // namespace

void require_mergeable(const fs::path& path, Purpose purpose) {
  if (inspect_database(path) != FileState::ours)
    throw StoreError(ErrorKind::bad_input,
                     {"no database there", path.string(), "give the path of a sinkmoe database"});
  settle_database(path);
  require_purpose(purpose_of(path), purpose, path);
  sql::Connection db(path, sql::Connection::Mode::read_only);
  if (db.integer("PRAGMA user_version") != schema_version())
    throw StoreError(ErrorKind::bad_input,
                     {"the database is of an older version", path.string(),
                      "upgrade it: sinkmoe doctor --db " + shell_word(path.string())});
  require_intact(path);
  check_tables(db);
}

MergeSummary merge_database(Store& store, const fs::path& other, const RunCheck& check,
                            int64_t train_every) {
  std::error_code error;
  if (fs::equivalent(other, store.path(), error))
    throw Error("that is this database itself", other.string());
  require_purpose(purpose_of(store.path()), Purpose::results, store.path());
  require_mergeable(other);
  sql::Connection db(store.path(), sql::Connection::Mode::read_write);
  db.exec("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF");
  const Attached attached(db, other);
  return db.write([&] { return merge_attached(db, other, check, train_every); });
}

}  // namespace sinkmoe::store
