#include "store/store.h"

#include <set>

#include "core/file.h"
#include "core/text/utf8.h"
#include "store/experiment_list.h"
#include "store/schema/schema.h"
#include "store/schema/sql_views.h"
#include "store/sqlite/database_file.h"
#include "store/sqlite/sqlite.h"

namespace sinkmoe::store {

namespace {

void make_folder(const std::filesystem::path& path) {
  const auto folder = path.parent_path().empty() ? std::filesystem::path(".") : path.parent_path();
  try {
    ensure_writable_folder(folder);
  } catch (const Error& e) {
    throw StoreError(ErrorKind::read_only, e.problems().front());
  }
}

Cell null_if_empty(const std::string& text) { return text.empty() ? Cell{} : Cell{text}; }

// Adds the keys of all runs that are new; true if there were any. A run has the keys of its own plug-ins only.
bool put_keys(sql::Connection& db, const std::vector<RunRow>& runs) {
  sql::Statement put(db,
                     R"sql(
INSERT INTO param_key(key, ordinal, type, unit, help, fallback)
VALUES(?,?,?,?,?,?)
ON CONFLICT(key) DO NOTHING)sql");
  std::set<std::string> seen;
  int64_t added = 0;
  for (const RunRow& run : runs) {
    int64_t ordinal = 0;
    for (const ParamRow& p : run.params) {
      const int64_t place = ordinal++;
      if (!seen.insert(p.key).second) continue;
      put.bind(p.key, place, p.type, p.unit, p.help, p.fallback).run();
      added += db.changes();
    }
  }
  return added > 0;
}

void put_params(sql::Connection& db, int64_t run, const std::vector<ParamRow>& params) {
  sql::Statement(db, "DELETE FROM param WHERE run = ?").bind(run).run();
  sql::Statement put(db, "INSERT INTO param(run, key, value) VALUES(?,?,?)");
  for (const ParamRow& p : params) put.bind(run, p.key, p.value).run();
}

int64_t insert_run(sql::Connection& db, const RunRow& run) {
  sql::Statement(db,
                 R"sql(
INSERT INTO run(run_id, group_id, control_id, parent_id, seed, label, config, identity, created_us)
VALUES(?,?,?,?,?,?,?,?,?))sql")
      .bind(run.run_id, run.group_id, null_if_empty(run.control_id), null_if_empty(run.parent_id),
            run.seed, run.label, run.config, run.identity, wall_clock_us())
      .run();
  return db.last_id();
}

// Updates settings of an unfinished run that do not affect results (threads, log interval).
void refresh_run(sql::Connection& db, int64_t id, const RunRow& run) {
  sql::Statement(db, "UPDATE run SET config = ?, label = ? WHERE id = ?")
      .bind(run.config, run.label, id)
      .run();
  put_params(db, id, run.params);
}

int64_t put_run(sql::Connection& db, const RunRow& run) {
  sql::Statement find(db, "SELECT id, status, config, identity FROM run WHERE run_id = ?");
  if (!find.bind(run.run_id).step()) {
    const int64_t id = insert_run(db, run);
    put_params(db, id, run.params);
    return id;
  }
  const int64_t id = find.integer(0);
  if (find.text(3) != run.identity)
    throw StoreError(ErrorKind::bad_input,
                     {"run " + run.run_id + " is stored with another configuration: [" +
                          find.text(3) + "] there, [" + run.identity + "] here",
                      db.path().string(), "use another --db for these runs"});
  const auto status = parse_name<RunStatus>(find.text(1));
  if (status != RunStatus::done && status != RunStatus::running && find.text(2) != run.config)
    refresh_run(db, id, run);
  return id;
}

// Empty unless runs are appended to the list.
std::set<int64_t> listed_runs(sql::Connection& db, int64_t experiment) {
  std::set<int64_t> runs;
  sql::Statement list(db, "SELECT run FROM experiment_run WHERE experiment = ?");
  for (list.bind(experiment); list.step();) runs.insert(list.integer(0));
  return runs;
}

}  // namespace

Store::Store(const std::filesystem::path& path, std::optional<Purpose> purpose) {
  if (inspect_database(path) == FileState::ours) {
    settle_database(path);
    if (purpose) require_purpose(purpose_of(path), *purpose, path);
  } else {
    make_folder(path);
  }
  db_ = std::make_unique<sql::Connection>(path, sql::Connection::Mode::create);
  if (db_->text("PRAGMA journal_mode = DELETE") != "delete")
    throw StoreError(ErrorKind::busy, {"the database is in another journal mode and in use",
                                       path.string(), "close the program that holds it open"});
  // Without spilling, a transaction needs nobody's leave before its commit.
  db_->exec(
      "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; "
      "PRAGMA cache_spill = OFF");
  const bool drills = purpose == Purpose::drills;
  migrate(*db_, migrations(), drills ? kDrillApplicationId : kApplicationId);
  // Another process may have created the file in the meantime.
  if (purpose) require_purpose(purpose_of(path), *purpose, path);
}

Store::~Store() = default;
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;

const std::filesystem::path& Store::path() const { return db_->path(); }
void Store::set_patience(Patience patience) { db_->set_patience(std::move(patience)); }

void Store::put_experiment(const ExperimentRow& experiment, OtherList other) {
  db_->write([&] {
    if (put_keys(*db_, experiment.runs)) remake_views(*db_);
    const int64_t id = put_experiment_row(*db_, experiment, other);
    sql::Statement link(*db_, "INSERT INTO experiment_run(experiment, ordinal, run) VALUES(?,?,?)");
    std::set<int64_t> listed = listed_runs(*db_, id);
    auto ordinal = static_cast<int64_t>(listed.size());
    for (const RunRow& row : experiment.runs)
      if (const int64_t run = put_run(*db_, row); listed.insert(run).second)
        link.bind(id, ordinal++, run).run();
  });
}

std::optional<RunState> Store::state(const std::string& run_id) const {
  sql::Statement s(*db_,
                   R"sql(
SELECT r.run_id, coalesce(r.parent_id, ''), r.label, r.status, r.cause, r.message, r.crashes,
  l.host, l.boot, l.pid, l.start
FROM run r LEFT JOIN lease l ON l.run = r.id
WHERE r.run_id = ?)sql");
  if (!s.bind(run_id).step()) return std::nullopt;
  RunState state{.run_id = s.text(0),
                 .parent_id = s.text(1),
                 .label = s.text(2),
                 .status = parse_name<RunStatus>(s.text(3), path().string()),
                 .cause = find_name<Outcome>(s.text(4)),
                 .message = s.text(5),
                 .crashes = s.integer(6),
                 .owner = {}};
  if (!is_null(s.cell(7))) state.owner = Owner{s.text(7), s.text(8), s.integer(9), s.integer(10)};
  return state;
}

std::string Store::config(const std::string& run_id) const {
  sql::Statement s(*db_, "SELECT config FROM run WHERE run_id = ?");
  if (!s.bind(run_id).step())
    throw Error("no run '" + run_id + "'", path().string(), "see 'sinkmoe status'");
  return s.text(0);
}

bool Store::has_children(const std::string& run_id) const {
  sql::Statement s(*db_, "SELECT 1 FROM run WHERE parent_id = ? LIMIT 1");
  return s.bind(run_id).step();
}

void Store::void_run(const std::string& run_id, const std::string& why) {
  if (!valid_utf8(why)) throw Error("the reason is not UTF-8", "run " + run_id);
  db_->write([&] {
    sql::Statement find(*db_,
                        R"sql(
SELECT id, status, (SELECT max(attempt) FROM attempt WHERE run = r.id)
FROM run r
WHERE run_id = ?)sql");
    if (!find.bind(run_id).step())
      throw Error("no run '" + run_id + "'", path().string(), "see 'sinkmoe status'");
    if (parse_name<RunStatus>(find.text(1)) == RunStatus::voided)
      throw Error("run " + run_id + " is void already", path().string());
    const int64_t id = find.integer(0), now = wall_clock_us();
    for (const char* sql :
         {"DELETE FROM lease WHERE run = ?", "DELETE FROM checkpoint WHERE run = ?"})
      sql::Statement(*db_, sql).bind(id).run();
    sql::Statement(*db_,
                   R"sql(
UPDATE attempt SET ended_us = ?, outcome = 'void', message = ?
WHERE run = ? AND ended_us IS NULL)sql")
        .bind(now, why, id)
        .run();
    sql::Statement(*db_,
                   R"sql(
UPDATE run SET status = 'void', message = ?, cause = 'void', crashes = 0, finished_us = NULL
WHERE id = ?)sql")
        .bind(why, id)
        .run();
    sql::Statement(*db_,
                   "INSERT INTO event(run, attempt, at_us, kind, text) VALUES(?,?,?,'void',?)")
        .bind(id, find.integer(2), now, why)
        .run();
  });
}

void Store::make_again(const std::string& run_id, const std::string& why) {
  db_->write([&] {
    sql::Statement(*db_,
                   R"sql(
INSERT INTO event(run, attempt, at_us, kind, text)
SELECT id, 0, ?, 'again', ?
FROM run
WHERE run_id = ? AND status = 'done')sql")
        .bind(wall_clock_us(), why, run_id)
        .run();
    sql::Statement(*db_,
                   R"sql(
UPDATE run SET status = 'planned', finished_us = NULL
WHERE run_id = ? AND status = 'done')sql")
        .bind(run_id)
        .run();
  });
}

int64_t Store::add_bench(const std::vector<BenchRow>& rows) {
  return db_->write([&] {
    sql::Statement put(*db_,
                       R"sql(
INSERT INTO bench(name, variant, setting, value, unit, host, device, processor, git_commit, git_dirty, at_us)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11
WHERE NOT EXISTS (SELECT 1 FROM bench WHERE name = ?1 AND variant = ?2 AND setting = ?3 AND value = ?4
  AND unit = ?5 AND host = ?6 AND device = ?7 AND processor = ?8 AND git_commit = ?9 AND git_dirty = ?10))sql");
    const int64_t before = db_->integer("SELECT count(*) FROM bench");
    for (const BenchRow& b : rows)
      put.bind(b.name, b.variant, b.setting, b.value, b.unit, b.host, b.device, b.processor,
               b.git_commit, b.git_dirty, wall_clock_us())
          .run();
    return db_->integer("SELECT count(*) FROM bench") - before;
  });
}

}  // namespace sinkmoe::store
