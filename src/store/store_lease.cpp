// Leases: who may write a run, from the claim to the end of an attempt.
#include "store/sqlite/sqlite.h"
#include "store/store.h"

namespace sinkmoe::store {

namespace {

constexpr int64_t kForeignSlack_us =
    60'000'000;  // for the clocks of other hosts, which may be wrong

struct Held {
  int64_t run, epoch, expires_boot;
  std::string run_id;
  bool working;
  std::string reason;  // why the lease is free; "" if it is held
};

std::string why_free(const Owner& owner, int64_t expires_boot, int64_t expires_wall) {
  const std::string who = "process " + std::to_string(owner.pid) + " on " + owner.host;
  switch (life_of(owner)) {
    case Life::dead:
      return who + " is gone";
    case Life::alive:
      return boot_clock_us() > expires_boot ? who + " let its lease expire" : "";
    case Life::unknown:
      return wall_clock_us() > expires_wall + kForeignSlack_us ? who + " let its lease expire" : "";
  }
  return "";
}

std::vector<Held> free_leases(sql::Connection& db) {
  sql::Statement s(db,
                   R"sql(
SELECT l.run, l.epoch, l.expires_boot_us, r.run_id, r.status = 'running',
  l.host, l.boot, l.pid, l.start, l.expires_us
FROM lease l JOIN run r ON r.id = l.run)sql");
  std::vector<Held> free;
  while (s.step()) {
    const Owner owner{s.text(5), s.text(6), s.integer(7), s.integer(8)};
    Held held{s.integer(0), s.integer(1), s.integer(2), s.text(3), s.integer(4) != 0, ""};
    held.reason = why_free(owner, held.expires_boot, s.integer(9));
    if (!held.reason.empty()) free.push_back(std::move(held));
  }
  return free;
}

// True if the lease was still the one that was inspected.
bool release(sql::Connection& db, const Held& held) {
  sql::Statement(db, "DELETE FROM lease WHERE run = ? AND epoch = ? AND expires_boot_us = ?")
      .bind(held.run, held.epoch, held.expires_boot)
      .run();
  if (db.changes() == 0) return false;
  if (!held.working) return true;
  const int64_t now = wall_clock_us();
  sql::Statement(db, "UPDATE run SET status = 'lost', cause = 'lost', message = ? WHERE id = ?")
      .bind(held.reason, held.run)
      .run();
  sql::Statement(db,
                 R"sql(
UPDATE attempt SET ended_us = ?, outcome = 'lost', message = ?
WHERE run = ? AND ended_us IS NULL)sql")
      .bind(now, held.reason, held.run)
      .run();
  sql::Statement(db,
                 R"sql(
INSERT INTO event(run, attempt, at_us, kind, text)
VALUES(?1, coalesce((SELECT max(attempt) FROM attempt WHERE run = ?1), 0), ?2, 'lost', ?3))sql")
      .bind(held.run, now, held.reason)
      .run();
  return true;
}

bool may_run(RunStatus status, std::optional<Outcome> cause, const ClaimRules& rules) {
  if (status == RunStatus::failed) return rules.retry_failed || (cause && is_transient(*cause));
  if (status == RunStatus::quarantined) return rules.retry_failed;
  return status != RunStatus::done && status != RunStatus::diverged;
}

void write_lease(sql::Connection& db, int64_t run, int64_t epoch, const Owner& owner,
                 const ClaimRules& rules) {
  sql::Statement(db,
                 R"sql(
INSERT INTO lease(run, epoch, host, boot, pid, start, expires_boot_us, expires_us)
VALUES(?,?,?,?,?,?,?,?)
ON CONFLICT(run) DO UPDATE SET epoch = excluded.epoch, host = excluded.host, boot = excluded.boot,
  pid = excluded.pid, start = excluded.start, expires_boot_us = excluded.expires_boot_us,
  expires_us = excluded.expires_us)sql")
      .bind(run, epoch, owner.host, owner.boot, owner.pid, owner.start,
            boot_clock_us() + rules.lease_us, wall_clock_us() + rules.lease_us)
      .run();
}

}  // namespace

std::vector<std::string> Store::free_dead_leases() {
  const std::vector<Held> free = free_leases(*db_);
  if (free.empty()) return {};
  std::vector<std::string> run_ids;
  sql::Transaction transaction(*db_);
  for (const Held& held : free)
    if (release(*db_, held)) run_ids.push_back(held.run_id);
  transaction.commit();
  return run_ids;
}

std::optional<Lease> Store::claim(std::span<const std::string> run_ids, const Owner& owner,
                                  const ClaimRules& rules) {
  sql::Transaction transaction(*db_);
  sql::Statement find(*db_,
                      R"sql(
SELECT r.id, r.status, r.cause, r.epoch
FROM run r
WHERE r.run_id = ?
  AND NOT EXISTS (SELECT 1 FROM lease l WHERE l.run = r.id)
  AND (r.parent_id IS NULL
    OR EXISTS (SELECT 1 FROM run p WHERE p.run_id = r.parent_id AND p.status = 'done')))sql");
  for (const std::string& run_id : run_ids) {
    if (!find.bind(run_id).step() ||
        !may_run(parse_name<RunStatus>(find.text(1)), find_name<Outcome>(find.text(2)), rules))
      continue;
    const Lease lease{find.integer(0), run_id, find.integer(3) + 1, 0};
    sql::Statement(*db_, "UPDATE run SET epoch = ? WHERE id = ?")
        .bind(lease.epoch, lease.run)
        .run();
    if (rules.retry_failed)
      sql::Statement(*db_, "UPDATE run SET crashes = 0 WHERE id = ?").bind(lease.run).run();
    write_lease(*db_, lease.run, lease.epoch, owner, rules);
    find.bind(run_id);  // ends the read before the commit
    transaction.commit();
    return lease;
  }
  return std::nullopt;
}

Lease Store::adopt(const std::string& run_id, int64_t epoch, const Owner& owner,
                   const ClaimRules& rules) {
  sql::Transaction transaction(*db_);
  sql::Statement find(*db_,
                      R"sql(
SELECT l.run
FROM lease l JOIN run r ON r.id = l.run
WHERE r.run_id = ? AND l.epoch = ?)sql");
  if (!find.bind(run_id, epoch).step()) throw LeaseLost();
  const Lease lease{find.integer(0), run_id, epoch, 0};
  write_lease(*db_, lease.run, epoch, owner, rules);
  transaction.commit();
  return lease;
}

void Store::renew(const Lease& lease, const ClaimRules& rules) {
  sql::Transaction transaction(*db_);
  sql::Statement(*db_,
                 R"sql(
UPDATE lease SET expires_boot_us = ?, expires_us = ?
WHERE run = ? AND epoch = ?)sql")
      .bind(boot_clock_us() + rules.lease_us, wall_clock_us() + rules.lease_us, lease.run,
            lease.epoch)
      .run();
  if (db_->changes() == 0) throw LeaseLost();
  transaction.commit();
}

}  // namespace sinkmoe::store
