// Leases: who may write a run, from the claim to the end of an attempt.
#include <algorithm>

#include "store/sqlite/sqlite.h"
#include "store/store.h"

namespace sinkmoe::store {

struct HeldLease {
  int64_t run, epoch, expires_boot;
  std::string run_id;
  bool working, dead;
  std::string reason;  // why the lease is free
  int64_t
      grace_us;  // how long it must stay as it is before it is taken from a holder that may live
};

namespace {

constexpr int64_t kForeignSlack_us =
    60'000'000;  // for the clocks of other hosts, which may be wrong

std::string who(const Owner& owner) {
  return "process " + std::to_string(owner.pid) + " on " + owner.host;
}

bool has_expired(Life life, int64_t expires_boot, int64_t expires_wall) {
  return life == Life::unknown ? wall_clock_us() > expires_wall + kForeignSlack_us
                               : boot_clock_us() > expires_boot;
}

// A holder elsewhere that has not renewed its lease for so long is gone, whatever the clocks say: ours or its own may show a
// wrong year. Leases are renewed four times in their life.
constexpr int64_t kSilence_us = 300'000'000;

// Leases whose holder is dead, that have expired, or that may have if the clocks are wrong.
std::vector<HeldLease> free_leases(sql::Connection& db, int64_t grace_us) {
  sql::Statement s(db,
                   R"sql(
SELECT l.run, l.epoch, l.expires_boot_us, r.run_id, r.status = 'running',
  l.host, l.boot, l.pid, l.start, l.expires_us
FROM lease l JOIN run r ON r.id = l.run)sql");
  std::vector<HeldLease> free;
  while (s.step()) {
    const Owner owner{s.text(5), s.text(6), s.integer(7), s.integer(8)};
    const Life life = life_of(owner);
    const bool dead = life == Life::dead, expired = has_expired(life, s.integer(2), s.integer(9));
    if (life == Life::alive && !expired) continue;
    free.push_back({s.integer(0), s.integer(1), s.integer(2), s.text(3), s.integer(4) != 0, dead,
                    who(owner) + (dead ? " is gone" : " let its lease expire"),
                    dead      ? 0
                    : expired ? grace_us
                              : std::max(grace_us, kSilence_us)});
  }
  return free;
}

// True if the lease was still the one that was inspected.
bool free_lease(sql::Connection& db, const HeldLease& held) {
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

std::optional<Lease> claim_now(sql::Connection& db, std::span<const std::string> run_ids,
                               const Owner& owner, const ClaimRules& rules) {
  sql::Statement find(db,
                      R"sql(
SELECT r.id, r.status, r.cause, r.epoch
FROM run r
WHERE r.run_id = ?1
  AND NOT EXISTS (SELECT 1 FROM lease l WHERE l.run = r.id)
  AND (?2 OR r.parent_id IS NULL
    OR EXISTS (SELECT 1 FROM run p WHERE p.run_id = r.parent_id AND p.status = 'done')))sql");
  for (const std::string& run_id : run_ids) {
    if (!find.bind(run_id, rules.parent_later).step() ||
        !may_run(parse_name<RunStatus>(find.text(1)), find_name<Outcome>(find.text(2)), rules))
      continue;
    const Lease lease{find.integer(0), run_id, find.integer(3) + 1, 0};
    sql::Statement(db, "UPDATE run SET epoch = ? WHERE id = ?").bind(lease.epoch, lease.run).run();
    if (rules.retry_failed)
      sql::Statement(db, "UPDATE run SET crashes = 0 WHERE id = ?").bind(lease.run).run();
    write_lease(db, lease.run, lease.epoch, owner, rules);
    return lease;
  }
  return std::nullopt;
}

}  // namespace

// Of the leases that are free, those that may be taken now.
std::vector<HeldLease> Store::takeable(std::vector<HeldLease> free, int64_t grace_us) {
  // If this object did not look for a while, the holders may have been held up just as long.
  constexpr int64_t kLongestBreak_us = 2'000'000;
  const int64_t now = boot_clock_us();
  if (now - last_scan_us_ > std::max(kLongestBreak_us, grace_us / 2)) expired_.clear();
  std::map<int64_t, Expired> watched;
  const auto silent_us = [&](const HeldLease& held) { return now - watched.at(held.run).since_us; };
  bool nearly = false;  // the end of a grace is near
  for (const HeldLease& held : free) {
    const auto before = expired_.find(held.run);
    const bool same = before != expired_.end() && before->second.epoch == held.epoch &&
                      before->second.expires_us == held.expires_boot;
    watched[held.run] = {held.epoch, held.expires_boot, same ? before->second.since_us : now};
    nearly = nearly || (!held.dead && silent_us(held) >= held.grace_us - grace_us);
  }
  const bool held_up = nearly && !db_->alone();  // nobody can renew a lease now
  std::erase_if(free, [&](const HeldLease& held) {
    return !held.dead && (held_up || silent_us(held) < held.grace_us);
  });
  expired_ = held_up ? std::map<int64_t, Expired>() : std::move(watched);
  last_scan_us_ = boot_clock_us();
  return free;
}

std::vector<std::string> Store::free_dead_leases(int64_t grace_us) {
  const std::vector<HeldLease> free = takeable(free_leases(*db_, grace_us), grace_us);
  if (free.empty()) return {};
  // Whoever waits long for a reader would come before holders that wait to renew their leases.
  const sql::ShortPatience brief(*db_, 1);
  try {
    return db_->write([&] {
      std::vector<std::string> run_ids;
      for (const HeldLease& held : free)
        if (free_lease(*db_, held)) run_ids.push_back(held.run_id);
      return run_ids;
    });
  } catch (const StoreError& e) {
    if (e.kind() != ErrorKind::busy) throw;
    expired_.clear();
    return {};
  }
}

std::optional<Lease> Store::claim(std::span<const std::string> run_ids, const Owner& owner,
                                  const ClaimRules& rules) {
  return db_->write([&] { return claim_now(*db_, run_ids, owner, rules); });
}

Lease Store::adopt(const std::string& run_id, int64_t epoch, const Owner& owner,
                   const ClaimRules& rules) {
  return db_->write([&] {
    sql::Statement find(*db_,
                        R"sql(
SELECT l.run
FROM lease l JOIN run r ON r.id = l.run
WHERE r.run_id = ? AND l.epoch = ?)sql");
    if (!find.bind(run_id, epoch).step()) throw LeaseLost();
    const Lease lease{find.integer(0), run_id, epoch, 0};
    write_lease(*db_, lease.run, epoch, owner, rules);
    return lease;
  });
}

void Store::renew(const Lease& lease, const ClaimRules& rules) {
  db_->write([&] {
    sql::Statement(*db_,
                   R"sql(
UPDATE lease SET expires_boot_us = ?, expires_us = ?
WHERE run = ? AND epoch = ?)sql")
        .bind(boot_clock_us() + rules.lease_us, wall_clock_us() + rules.lease_us, lease.run,
              lease.epoch)
        .run();
    if (db_->changes() == 0) throw LeaseLost();
  });
}

void Store::release(const Lease& lease) {
  db_->write([&] {
    sql::Statement(*db_, "DELETE FROM lease WHERE run = ? AND epoch = ?")
        .bind(lease.run, lease.epoch)
        .run();
  });
}

std::vector<HeldRun> Store::held_runs() const {
  sql::Statement s(*db_, R"sql(
SELECT l.run, r.run_id, l.epoch, l.host, l.boot, l.pid, l.start
FROM lease l JOIN run r ON r.id = l.run
ORDER BY l.run)sql");
  std::vector<HeldRun> held;
  while (s.step())
    held.push_back({{s.integer(0), s.text(1), s.integer(2), 0},
                    {s.text(3), s.text(4), s.integer(5), s.integer(6)}});
  return held;
}

}  // namespace sinkmoe::store
