// RAII classes for SQLite's C interface; SQLite's result codes become errors that say what to do.
// Internal to the store.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/table.h"
#include "store/sqlite/store_error.h"

namespace sinkmoe::store::sql {

struct CloseConnection {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};

// One connection, for one thread.
class Connection {
 public:
  enum class Mode { read_only, read_write, create };

  // Opens the file. SQLite reads it only when the first statement runs. Throws StoreError.
  Connection(const std::filesystem::path& path, Mode mode);

  // Runs statements without results. Throws StoreError.
  void exec(const std::string& sql);
  // The first column of the first row of a query; 0 or "" if there is none.
  int64_t integer(const std::string& sql);
  std::string text(const std::string& sql);

  // Called about ten times a second while a statement waits for another process.
  void while_waiting(std::function<void()> f) { *waiting_ = std::move(f); }

  sqlite3* handle() const { return db_.get(); }
  const std::filesystem::path& path() const { return path_; }
  int64_t changes() const { return sqlite3_changes64(db_.get()); }
  int64_t last_id() const { return sqlite3_last_insert_rowid(db_.get()); }

  // Turns the last error of this connection into a StoreError.
  [[noreturn]] void fail(int code) const;

 private:
  std::filesystem::path path_;
  std::unique_ptr<std::function<void()>> waiting_;  // on the heap, because SQLite keeps the address
  std::unique_ptr<sqlite3, CloseConnection> db_;
};

// One prepared statement. `bind` takes the values in order; `step` returns true for each row.
class Statement {
 public:
  Statement(const Connection& db, std::string_view sql);

  template <class... A>
  Statement& bind(const A&... values) {
    sqlite3_reset(statement_.get());
    int i = 0;
    (put(++i, values), ...);
    return *this;
  }
  bool step();
  void run();  // steps to the end

  int64_t integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }
  double real(int column) const { return sqlite3_column_double(statement_.get(), column); }
  std::string text(int column) const;  // "" for NULL
  Cell cell(int column) const;
  sqlite3_stmt* handle() const { return statement_.get(); }

 private:
  void check(int code) const;
  void put(int i, int64_t value);
  void put(int i, int value) { put(i, static_cast<int64_t>(value)); }
  void put(int i, bool value) { put(i, static_cast<int64_t>(value)); }
  void put(int i, double value);
  void put(int i, std::string_view value);
  void put(int i, const std::string& value) { put(i, std::string_view(value)); }
  void put(int i, const char* value) { put(i, std::string_view(value)); }
  void put(int i, const Cell& value);

  struct Finalize {
    void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
  };
  const Connection* db_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// The value of a column of the current row, without loss: 64-bit integer, double, text (the bytes
// of a BLOB), NULL.
Cell column_cell(sqlite3_stmt* statement, int column);

// A write transaction: BEGIN IMMEDIATE, so that the lock is taken before anything is read. Rolled
// back unless committed. Waits for other writers a bounded number of times, then throws StoreError
// (busy).
class Transaction {
 public:
  explicit Transaction(Connection& db);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Connection& db_;
  bool open_ = false;
};

}  // namespace sinkmoe::store::sql
