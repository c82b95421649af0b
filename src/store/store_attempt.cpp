// The writes of a worker that holds a lease. Every call checks the lease in the transaction that
// writes.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "store/schema/sql_views.h"
#include "store/sqlite/sqlite.h"
#include "store/store.h"

namespace sinkmoe::store {

namespace {

void require_lease(sql::Connection& db, const Lease& lease) {
  sql::Statement held(db, "SELECT 1 FROM lease WHERE run = ? AND epoch = ?");
  if (!held.bind(lease.run, lease.epoch).step()) throw LeaseLost();
}

// A write transaction that requires a valid lease.
template <class F>
auto write_fenced(sql::Connection& db, const Lease& lease, F body) {
  return db.write([&] {
    require_lease(db, lease);
    return body();
  });
}

// Removes the rows of earlier attempts after the start step. Rows at the step itself stay, because
// they were committed before its checkpoint.
void clear_after(sql::Connection& db, int64_t run, int64_t start_step) {
  const int64_t keep = start_step > 0 ? start_step : -1;
  for (const char* table : {"metric", "histogram", "checkpoint"})
    sql::Statement(db, fmt::format("DELETE FROM {} WHERE run = ? AND step > ?", table))
        .bind(run, keep)
        .run();
}

// The rows of "ablate/" have a number of heads in the column head, those of "file/" the number of a
// file.
const char* level_of(const std::string& name) {
  for (const char* prefix : {"head/", "ablate/", "file/"})
    if (name.starts_with(prefix)) return "head";
  return name.starts_with("layer/") ? "layer" : "run";
}

// Adds or updates one name; true if it is a new column of run_wide.
bool put_metric_name(sql::Connection& db, const MetricInfo& info) {
  sql::Statement find(db, "SELECT unit, better, help FROM metric_name WHERE name = ?");
  const bool known = find.bind(info.name).step();
  if (known && find.text(0) == info.unit && find.text(1) == info.better &&
      find.text(2) == info.help)
    return false;
  sql::Statement(db,
                 R"sql(
INSERT INTO metric_name(name, level, unit, better, help)
VALUES(?,?,?,?,?)
ON CONFLICT(name) DO UPDATE SET unit = excluded.unit, better = excluded.better, help = excluded.help)sql")
      .bind(info.name, level_of(info.name), info.unit, info.better, info.help)
      .run();
  return !known && level_of(info.name) == std::string("run");
}

void put_event(sql::Connection& db, const Lease& lease, const EventRow& event) {
  sql::Statement(db, "INSERT INTO event(run, attempt, at_us, kind, text) VALUES(?,?,?,?,?)")
      .bind(lease.run, lease.attempt, wall_clock_us(), event.kind, event.text)
      .run();
}

void delete_checkpoint(sql::Connection& db, const Lease& lease, const CheckpointRow& c) {
  sql::Statement(db, "DELETE FROM checkpoint WHERE run = ? AND step = ? AND final = ?")
      .bind(lease.run, c.step, c.final)
      .run();
}

// Stores an event for a resumed run, also if it continues under conditions that may change
// rounding.
void put_resumed(sql::Connection& db, const Lease& lease, const AttemptRow& a) {
  put_event(db, lease, {"resumed", fmt::format("from the checkpoint of step {}", a.start_step)});
  sql::Statement last(db, R"sql(
SELECT threads, processor, build, ranks
FROM attempt
WHERE run = ? AND attempt = ?)sql");
  if (!last.bind(lease.run, lease.attempt - 1).step()) return;
  if (last.integer(0) == a.threads && last.text(1) == a.processor && last.text(2) == a.build &&
      last.integer(3) == a.ranks)
    return;
  const auto conditions = [](int64_t ranks, int64_t threads, const std::string& processor,
                             const std::string& build) {
    return (ranks == 1 ? "" : fmt::format("{} ranks of ", ranks)) +
           fmt::format("{} threads on {} ({})", threads, processor, build);
  };
  put_event(db, lease,
            {"conditions changed", fmt::format("{}, before {}: equal up to rounding only",
                                               conditions(a.ranks, a.threads, a.processor, a.build),
                                               conditions(last.integer(3), last.integer(0),
                                                          last.text(1), last.text(2)))});
}

RunStatus status_after(const RunEnd& end, const FinishRules& rules) {
  switch (end.outcome) {
    case Outcome::done:
      return RunStatus::done;
    case Outcome::interrupted:
      return RunStatus::interrupted;
    case Outcome::diverged:
      return RunStatus::diverged;
    default:
      return rules.worker_gone ? RunStatus::lost : RunStatus::failed;
  }
}

void insert_attempt(sql::Connection& db, const Lease& lease, const AttemptRow& a) {
  const Owner owner = this_process();
  sql::Statement(db,
                 R"sql(
INSERT INTO attempt(run, attempt, epoch, host, pid, device, processor, threads, ranks, git_commit,
  git_dirty, build, start_step, started_us)
VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?))sql")
      .bind(lease.run, lease.attempt, lease.epoch, owner.host, owner.pid, a.device, a.processor,
            a.threads, a.ranks, a.git_commit, a.git_dirty, a.build, a.start_step, wall_clock_us())
      .run();
}

}  // namespace

void require_finite(const std::vector<MetricRow>& rows) {
  for (const MetricRow& row : rows)
    if (!std::isfinite(row.value))
      throw NotFinite(fmt::format("{} is {} at step {}", row.name, row.value, row.step));
}

void require_finite(const std::vector<HistogramRow>& rows) {
  for (const HistogramRow& row : rows)
    if (!std::isfinite(row.lo) || !std::isfinite(row.hi))
      throw NotFinite(
          fmt::format("{} has limits {} and {} at step {}", row.name, row.lo, row.hi, row.step));
}

void Store::begin_attempt(Lease& lease, const AttemptRow& attempt) {
  lease = write_fenced(*db_, lease, [&] {
    Lease begun = lease;
    begun.attempt =
        1 + db_->integer(fmt::format("SELECT coalesce(max(attempt), 0) FROM attempt WHERE run = {}",
                                     lease.run));
    clear_after(*db_, lease.run, attempt.start_step);
    insert_attempt(*db_, begun, attempt);
    if (attempt.start_step > 0) put_resumed(*db_, begun, attempt);
    sql::Statement(*db_,
                   R"sql(
UPDATE run SET status = 'running', message = '', finished_us = NULL
WHERE id = ?)sql")
        .bind(lease.run)
        .run();
    return begun;
  });
}

void Store::describe(const Lease& lease, const std::vector<MetricInfo>& metrics) {
  write_fenced(*db_, lease, [&] {
    bool new_column = false;
    for (const MetricInfo& info : metrics) new_column = put_metric_name(*db_, info) || new_column;
    if (new_column) remake_views(*db_);
  });
  sql::Statement ids(*db_, "SELECT name, id FROM metric_name");
  while (ids.step()) metric_ids_[ids.text(0)] = ids.integer(1);
}

void Store::add_metrics(const Lease& lease, const std::vector<MetricRow>& rows) {
  require_finite(rows);
  for (const MetricRow& row : rows)
    if (!metric_ids_.contains(row.name))
      throw std::logic_error("metric '" + row.name + "' was not described");
  write_fenced(*db_, lease, [&] {
    sql::Statement put(*db_,
                       R"sql(
INSERT OR REPLACE INTO metric(run, name, step, layer, head, value)
VALUES(?,?,?,?,?,?))sql");
    for (const MetricRow& row : rows)
      put.bind(lease.run, metric_ids_.at(row.name), row.step, row.layer, row.head, row.value).run();
  });
}

void Store::add_histograms(const Lease& lease, const std::vector<HistogramRow>& rows) {
  require_finite(rows);
  write_fenced(*db_, lease, [&] {
    sql::Statement put(*db_,
                       R"sql(
INSERT OR REPLACE INTO histogram(run, name, step, layer, head, lo, hi, counts)
VALUES(?,?,?,?,?,?,?,?))sql");
    for (const HistogramRow& row : rows)
      put.bind(lease.run, row.name, row.step, row.layer, row.head, row.lo, row.hi,
               nlohmann::json(row.counts).dump())
          .run();
  });
}

void Store::add_event(const Lease& lease, const EventRow& event) {
  write_fenced(*db_, lease, [&] { put_event(*db_, lease, event); });
}

void Store::put_inputs(const Lease& lease, const std::vector<InputRow>& inputs) {
  write_fenced(*db_, lease, [&] {
    sql::Statement(*db_, "DELETE FROM input WHERE run = ?").bind(lease.run).run();
    sql::Statement put(*db_, R"sql(
INSERT INTO input(run, part, ordinal, name, sha256, tokens, bytes, rows)
VALUES(?,?,?,?,?,?,?,?))sql");
    auto cell = [](const std::optional<int64_t>& value) { return value ? Cell(*value) : Cell(); };
    for (const InputRow& row : inputs)
      put.bind(lease.run, row.part, row.ordinal, row.name, row.sha256, cell(row.tokens),
               cell(row.bytes), cell(row.rows))
          .run();
  });
}

void Store::add_checkpoint(const Lease& lease, const CheckpointRow& c) {
  write_fenced(*db_, lease, [&] {
    sql::Statement(*db_,
                   R"sql(
INSERT OR REPLACE INTO checkpoint(run, step, final, path, bytes, sha256, at_us)
VALUES(?,?,?,?,?,?,?))sql")
        .bind(lease.run, c.step, c.final, c.path, c.bytes, c.sha256, wall_clock_us())
        .run();
    // Not for the final weights, from which no attempt resumes: otherwise an end that cannot be
    // recorded would be tried forever.
    if (!c.final)
      sql::Statement(*db_, "UPDATE run SET crashes = 0 WHERE id = ?").bind(lease.run).run();
  });
}

void Store::drop_checkpoint(const Lease& lease, const CheckpointRow& c) {
  write_fenced(*db_, lease, [&] { delete_checkpoint(*db_, lease, c); });
}

RunStatus Store::finish(const Lease& lease, const RunEnd& end, const FinishRules& rules) {
  return write_fenced(*db_, lease, [&] {
    const int64_t now = wall_clock_us();
    const bool crash = is_transient(end.outcome) && end.outcome != Outcome::disk;
    const int64_t crashes =
        crash ? 1 + db_->integer(fmt::format("SELECT crashes FROM run WHERE id = {}", lease.run))
              : 0;
    const RunStatus status =
        crash && crashes >= rules.crash_limit ? RunStatus::quarantined : status_after(end, rules);
    sql::Statement(*db_,
                   R"sql(
UPDATE attempt SET ended_us = ?, outcome = ?, message = ?
WHERE run = ? AND epoch = ? AND ended_us IS NULL)sql")
        .bind(now, name_of(end.outcome), end.message, lease.run, lease.epoch)
        .run();
    sql::Statement(*db_,
                   R"sql(
UPDATE run SET status = ?, cause = ?, message = ?, crashes = ?, finished_us = ?
WHERE id = ?)sql")
        .bind(name_of(status), name_of(end.outcome), end.message, crashes, now, lease.run)
        .run();
    for (const CheckpointRow& c : rules.drop) delete_checkpoint(*db_, lease, c);
    sql::Statement(*db_, "DELETE FROM lease WHERE run = ?").bind(lease.run).run();
    return status;
  });
}

std::vector<CheckpointRow> Store::checkpoints(const std::string& run_id) const {
  sql::Statement s(*db_,
                   R"sql(
SELECT c.step, c.final, c.path, c.bytes, c.sha256
FROM checkpoint c JOIN run r ON r.id = c.run
WHERE r.run_id = ?
ORDER BY c.final DESC, c.step DESC)sql");
  s.bind(run_id);
  std::vector<CheckpointRow> rows;
  while (s.step())
    rows.push_back({s.integer(0), s.integer(1) != 0, s.text(2), s.integer(3), s.text(4)});
  return rows;
}

}  // namespace sinkmoe::store
