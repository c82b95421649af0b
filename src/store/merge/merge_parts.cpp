#include "store/merge/merge_parts.h"

#include <fmt/format.h>

namespace sinkmoe::store {

Attached::Attached(sql::Connection& db, const std::filesystem::path& other) : db_(db) {
  sql::Statement(db, "ATTACH DATABASE ? AS other").bind(other.string()).run();
}

Attached::~Attached() {
  sqlite3_exec(db_.handle(), "DETACH DATABASE other", nullptr, nullptr, nullptr);
}

void check_tables(sql::Connection& db) {
  for (const char* name :
       {"run", "param_key", "param", "attempt", "metric_name", "metric", "histogram", "event",
        "experiment", "experiment_run", "bench", "input", "tag", "note"}) {
    sql::Statement find(db,
                        R"sql(
SELECT 1
FROM sqlite_schema
WHERE name = ? AND type = 'table' AND rootpage > 0)sql");
    if (!find.bind(name).step())
      throw StoreError(ErrorKind::bad_input,
                       {std::string("it has no table '") + name + "'", db.path().string(),
                        "give a database that sinkmoe wrote"});
  }
}

const char* const kCopyNames = R"sql(
INSERT INTO main.metric_name(name, level, unit, better, help)
  SELECT name, level, unit, better, help FROM other.metric_name WHERE true ON CONFLICT(name) DO NOTHING;
INSERT INTO main.param_key(key, ordinal, type, unit, help, fallback)
  SELECT key, ordinal, type, unit, help, fallback FROM other.param_key WHERE true ON CONFLICT(key) DO NOTHING;
)sql";

std::string rows_of_pairs(int64_t train_every) {
  constexpr const char* kRows = R"sql(
DELETE FROM main.param WHERE run IN (SELECT ours FROM pair);
DELETE FROM main.metric WHERE run IN (SELECT ours FROM pair);
DELETE FROM main.histogram WHERE run IN (SELECT ours FROM pair);
DELETE FROM main.checkpoint WHERE run IN (SELECT ours FROM pair);
DELETE FROM main.input WHERE run IN (SELECT ours FROM pair);
INSERT INTO main.param(run, key, value)
  SELECT p.ours, x.key, x.value FROM pair p JOIN other.param x ON x.run = p.theirs;
INSERT INTO main.attempt(run, attempt, epoch, host, pid, device, processor, threads, ranks, git_commit, git_dirty,
    build, start_step, started_us, ended_us, outcome, message)
  SELECT p.ours, x.attempt + p.before, x.epoch, x.host, x.pid, x.device, x.processor, x.threads, x.ranks, x.git_commit,
    x.git_dirty, x.build, x.start_step, x.started_us, x.ended_us, x.outcome, x.message
  FROM pair p JOIN other.attempt x ON x.run = p.theirs;
INSERT INTO main.metric(run, name, step, layer, head, value)
  SELECT p.ours, n.id, x.step, x.layer, x.head, x.value FROM pair p JOIN other.metric x ON x.run = p.theirs
    JOIN other.metric_name m ON m.id = x.name JOIN main.metric_name n ON n.name = m.name
  WHERE m.name NOT GLOB 'train/*' OR x.step % {} = 0;
INSERT INTO main.histogram(run, name, step, layer, head, lo, hi, counts)
  SELECT p.ours, x.name, x.step, x.layer, x.head, x.lo, x.hi, x.counts FROM pair p JOIN other.histogram x
    ON x.run = p.theirs;
INSERT INTO main.input(run, part, ordinal, name, sha256, tokens, bytes, rows)
  SELECT p.ours, x.part, x.ordinal, x.name, x.sha256, x.tokens, x.bytes, x.rows FROM pair p JOIN other.input x
    ON x.run = p.theirs;
)sql";
  return fmt::format(kRows, train_every);
}

}  // namespace sinkmoe::store
