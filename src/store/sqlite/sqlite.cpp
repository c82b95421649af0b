#include "store/sqlite/sqlite.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <new>
#include <thread>
#include <utility>

#include "store/owner.h"
#include "store/sqlite/lock_holder.h"

namespace sinkmoe::store::sql {

namespace {

constexpr int64_t kLongest_ms = 100;     // between two tries for a lock
constexpr int64_t kCommit_us = 500'000;  // a commit that waits longer lets readers in first
constexpr int64_t kLetReadersIn_ms = 1000;

struct Explained {
  ErrorKind kind;
  const char* what;
  const char* fix;
};

Explained explain(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return {ErrorKind::no_space, "the disk is full",
              "free some space and run the same command again"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorKind::busy, "the database is held by another program",
              "close that program or end its query, then run the same command again"};
    case SQLITE_READONLY:
      return {
          ErrorKind::read_only, "the database cannot be written",
          "check the permissions of the file and its folder, or copy it to a folder you can write"};
    case SQLITE_CANTOPEN:
      return {ErrorKind::read_only, "the database cannot be opened",
              "check that its folder exists and that you may read and write there"};
    case SQLITE_IOERR:
      return {ErrorKind::io, "reading or writing the database failed",
              "check the disk, then run the same command again"};
    case SQLITE_NOMEM:
      return {ErrorKind::memory, "out of memory", "run the same command again"};
    case SQLITE_CORRUPT:
      return {
          ErrorKind::bad_input, "the database is damaged or truncated",
          "keep the file, restore a copy, or save what can be read with: sqlite3 FILE .recover"};
    case SQLITE_NOTADB:
      return {ErrorKind::bad_input, "not an SQLite database",
              "give the path of a sinkmoe database"};
    default:
      return {ErrorKind::statement, nullptr, ""};
  }
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.parent_path().empty() ? "." : path.parent_path();
}

// A text that could not be read for lack of memory must not look empty.
void refuse_missing(sqlite3_stmt* statement) {
  if (sqlite3_errcode(sqlite3_db_handle(statement)) == SQLITE_NOMEM) throw std::bad_alloc();
}

// SQLite calls this before each new try: waits 1, 2, 4, ... 100 ms.
int wait_for_lock(void* waits_of_connection, int tries) {
  Waits& waits = *static_cast<Waits*>(waits_of_connection);
  const int64_t now = boot_clock_us();
  if (tries == 0) waits.this_us = now;
  if (tries == 0 && !waits.in_write) waits.since_us = 0;
  if (waits.may_write && now - waits.this_us > kCommit_us) return 0;
  constexpr int kShortTries = 7;
  return waits.pause(tries < kShortTries ? int64_t{1} << tries : kLongest_ms) ? 1 : 0;
}

// A write transaction. BEGIN IMMEDIATE takes the lock before anything is read. Rolled back unless committed.
class Transaction {
 public:
  Transaction(Connection& db, Waits& waits) : db_(db), waits_(waits) {
    db.exec("BEGIN IMMEDIATE");
    waits_.may_write = true;
  }
  ~Transaction() {
    waits_.may_write = false;
    if (!committed_) sqlite3_exec(db_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit() {
    db_.exec("COMMIT");
    committed_ = true;
  }

 private:
  Connection& db_;
  Waits& waits_;
  bool committed_ = false;
};

// The time of all waits for one call of write().
class WriteCall {
 public:
  explicit WriteCall(Waits& waits) : waits_(waits) {
    waits_.in_write = true;
    waits_.since_us = 0;
  }
  ~WriteCall() { waits_.in_write = false; }
  WriteCall(const WriteCall&) = delete;
  WriteCall& operator=(const WriteCall&) = delete;

 private:
  Waits& waits_;
};

}  // namespace

bool Waits::pause(int64_t ms) {
  const int64_t now = boot_clock_us();
  if (since_us == 0) since_us = now;
  const double waited = static_cast<double>(now - since_us) * 1e-6;
  gave_up =
      waited > patience.seconds || (patience.go_on && ms >= kLongest_ms && !patience.go_on(waited));
  if (gave_up) return false;
  std::this_thread::sleep_for(std::chrono::milliseconds(ms));
  return true;
}

Connection::Connection(const std::filesystem::path& path, Mode mode)
    : path_(path), waits_(std::make_unique<Waits>()) {
  const int flags = mode == Mode::read_only    ? SQLITE_OPEN_READONLY
                    : mode == Mode::read_write ? SQLITE_OPEN_READWRITE
                                               : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &db,
                                   flags | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOMUTEX, nullptr);
  db_.reset(db);
  if (code != SQLITE_OK) fail(code);
  sqlite3_busy_handler(db, wait_for_lock, waits_.get());
}

void Connection::write_all(const std::function<void()>& body) {
  const WriteCall call(*waits_);
  while (!try_write(body))
    for (int64_t ms = 0; ms < kLetReadersIn_ms; ms += kLongest_ms)
      if (!waits_->pause(kLongest_ms)) fail(SQLITE_BUSY);
}

// False if a reader kept the commit waiting and the patience is not at its end.
bool Connection::try_write(const std::function<void()>& body) {
  try {
    Transaction transaction(*this, *waits_);
    body();
    transaction.commit();
    return true;
  } catch (const StoreError& e) {
    if (e.kind() != ErrorKind::busy || waits_->gave_up) throw;
    return false;
  }
}

bool Connection::alone() {
  const ShortPatience brief(*this, 0.2);
  const bool locked =
      sqlite3_exec(handle(), "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr) == SQLITE_OK;
  if (locked) sqlite3_exec(handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  return locked;
}

void Connection::fail(int code) const {
  Explained e = explain(code);
  std::string detail = db_ ? sqlite3_errmsg(db_.get()) : sqlite3_errstr(code);
  const int reason = db_ ? sqlite3_system_errno(db_.get()) : 0;
  if (reason != 0 && (e.kind == ErrorKind::io || (code & 0xff) == SQLITE_CANTOPEN)) {
    detail += std::string(": ") + std::strerror(reason);
    if (reason == ENOSPC || reason == EDQUOT || reason == EFBIG) e = explain(SQLITE_FULL);
  }
  // If SQLite cannot open a file for writing, for any reason, it opens it for reading.
  if (e.kind == ErrorKind::read_only && (code & 0xff) == SQLITE_READONLY &&
      ::access(path_.c_str(), W_OK) == 0 && ::access(folder_of(path_).c_str(), W_OK) == 0)
    e = {ErrorKind::io, "the database could be opened for reading only, though it may be written",
         "are too many files open, or is the disk full? then run the same command again"};
  std::string what = e.what ? e.what : "";
  if (e.kind == ErrorKind::busy)
    if (const std::string holder = lock_holder(path_); !holder.empty())
      what = "the database is held by " + holder;
  what += e.what ? " (" + detail + ")" : detail;
  throw StoreError(e.kind, {what, path_.string(), e.fix}, reason);
}

void Connection::exec(const std::string& sql) {
  const int code = sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

int64_t Connection::integer(const std::string& sql) {
  Statement statement(*this, sql);
  return statement.step() ? statement.integer(0) : 0;
}

std::string Connection::text(const std::string& sql) {
  Statement statement(*this, sql);
  return statement.step() ? statement.text(0) : "";
}

Statement::Statement(const Connection& db, std::string_view sql) : db_(&db) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(db.handle(), sql.data(), static_cast<int>(sql.size()),
                                      &statement, nullptr);
  if (code != SQLITE_OK) db.fail(code);
  statement_.reset(statement);
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) {
    sqlite3_reset(statement_.get());
    db_->fail(code);
  }
  return false;
}

void Statement::run() {
  while (step()) {
  }
  sqlite3_reset(statement_.get());
}

std::string Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (!bytes) refuse_missing(statement_.get());
  return bytes ? std::string(bytes, sqlite3_column_bytes(statement_.get(), column)) : "";
}

Cell Statement::cell(int column) const { return column_cell(statement_.get(), column); }

Cell column_cell(sqlite3_stmt* statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return static_cast<int64_t>(sqlite3_column_int64(statement, column));
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement, column);
    case SQLITE_NULL:
      return std::monostate{};
    default: {
      const void* bytes = sqlite3_column_blob(statement, column);
      if (!bytes) refuse_missing(statement);
      return std::string(static_cast<const char*>(bytes ? bytes : ""),
                         sqlite3_column_bytes(statement, column));
    }
  }
}

// A value that was not bound would be written as NULL.
void Statement::check(int code) const {
  if (code != SQLITE_OK) db_->fail(code);
}

void Statement::put(int i, int64_t value) { check(sqlite3_bind_int64(statement_.get(), i, value)); }
void Statement::put(int i, double value) { check(sqlite3_bind_double(statement_.get(), i, value)); }
void Statement::put(int i, std::string_view value) {
  check(sqlite3_bind_text64(statement_.get(), i, value.data(), value.size(), SQLITE_TRANSIENT,
                            SQLITE_UTF8));
}
void Statement::put(int i, const Cell& value) {
  if (const auto* n = std::get_if<int64_t>(&value))
    put(i, *n);
  else if (const auto* d = std::get_if<double>(&value))
    put(i, *d);
  else if (const auto* s = std::get_if<std::string>(&value))
    put(i, std::string_view(*s));
  else
    check(sqlite3_bind_null(statement_.get(), i));
}

}  // namespace sinkmoe::store::sql
