// RAII classes for SQLite's C interface; SQLite's result codes become errors that say what to do.
// Internal to the store.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "core/table.h"
#include "store/sqlite/patience.h"
#include "store/sqlite/store_error.h"

namespace sinkmoe::store::sql {

// What the busy handler of a connection knows about its waits.
struct Waits {
  Patience patience;
  bool in_write = false;   // in write(), whose waits count together
  bool may_write = false;  // inside its transaction: whoever wants to read waits for us
  bool gave_up = false;    // at the end of the patience
  int64_t since_us = 0;    // start of the waits of one call; 0: it has not waited
  int64_t this_us = 0;     // start of the present wait
  // Sleeps, and counts it. False at the end of the patience.
  bool pause(int64_t ms);
};

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

  // Runs the body in a write transaction. A commit must wait until nobody reads the file, and meanwhile keeps new readers
  // out. After half a second of this the changes are rolled back, which lets readers in, and a second later the body runs
  // again, so it must change nothing but the database. Returns what the body returns. Throws StoreError (busy) at the end
  // of the patience.
  template <class F>
  auto write(F body) {
    if constexpr (std::is_void_v<decltype(body())>) {
      write_all(body);
    } else {
      std::optional<decltype(body())> result;
      write_all([&] { result = body(); });
      return *std::move(result);
    }
  }
  // True if no other program holds the file now, not even for reading.
  bool alone();

  const Patience& patience() const { return waits_->patience; }
  void set_patience(Patience patience) { waits_->patience = std::move(patience); }

  sqlite3* handle() const { return db_.get(); }
  const std::filesystem::path& path() const { return path_; }
  int64_t changes() const { return sqlite3_changes64(db_.get()); }
  int64_t last_id() const { return sqlite3_last_insert_rowid(db_.get()); }

  // Turns the last error of this connection into a StoreError.
  [[noreturn]] void fail(int code) const;

 private:
  void write_all(const std::function<void()>& body);
  bool try_write(const std::function<void()>& body);

  std::filesystem::path path_;
  std::unique_ptr<Waits> waits_;  // on the heap, because SQLite keeps the address
  std::unique_ptr<sqlite3, CloseConnection> db_;
};

// Another patience while this object lives.
class ShortPatience {
 public:
  ShortPatience(Connection& db, double seconds) : db_(db), before_(db.patience()) {
    db.set_patience({.seconds = seconds});
  }
  ~ShortPatience() { db_.set_patience(before_); }
  ShortPatience(const ShortPatience&) = delete;
  ShortPatience& operator=(const ShortPatience&) = delete;

 private:
  Connection& db_;
  Patience before_;
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

}  // namespace sinkmoe::store::sql
