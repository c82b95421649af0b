#include "store/read/query.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "core/error.h"
#include "core/text/suggest.h"
#include "store/read/query_guard.h"
#include "store/schema/schema.h"
#include "store/sqlite/database_file.h"

namespace sinkmoe::store {

struct Reader::Impl {
  sql::Connection db;
  bool drills;
};

namespace {

// "query:2:14" for a byte offset in the statement.
std::string place(const std::string& sql, int offset) {
  if (offset < 0) return "query";
  const auto end =
      sql.begin() + std::min<std::ptrdiff_t>(offset, static_cast<std::ptrdiff_t>(sql.size()));
  const auto line = 1 + std::count(sql.begin(), end, '\n');
  const auto start = std::find(std::make_reverse_iterator(end), sql.rend(), '\n').base();
  return fmt::format("query:{}:{}", line, end - start + 1);
}

// The words of a statement in lower case. A word is letters, digits and underscores.
std::vector<std::string> words_of(const std::string& sql) {
  std::vector<std::string> words(1);
  for (const char c : sql)
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '_')
      words.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else if (!words.back().empty())
      words.emplace_back();
  return words;
}

// The first word after FROM or JOIN that names no table and no part of a WITH, or "".
std::string unknown_table(const std::string& sql, const std::vector<std::string>& tables) {
  std::set<std::string> known(tables.begin(), tables.end());
  known.merge(std::set<std::string>{"select", "values", "json_each", "json_tree", "main",
                                    "sqlite_schema", "sqlite_master"});
  std::string before;
  const std::vector<std::string> words = words_of(sql);
  const auto reads = [](const std::string& word) { return word == "from" || word == "join"; };
  for (size_t i = 0; i + 1 < words.size(); before = words[i++])
    if (before == "with" || before == "recursive" || (words[i + 1] == "as" && !reads(before)))
      known.insert(words[i]);
  for (size_t i = 0; i + 1 < words.size(); ++i)
    if (reads(words[i]) && !known.contains(words[i + 1])) return words[i + 1];
  return "";
}

struct Finalize {
  void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
};
using Prepared = std::unique_ptr<sqlite3_stmt, Finalize>;

// Tables and views.
std::vector<std::string> table_names(const sql::Connection& db) {
  std::vector<std::string> names;
  sql::Statement s(db, "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')");
  while (s.step()) names.push_back(s.text(0));
  return names;
}

// The existing table that is nearest to a misspelt one.
std::string near_table(const sql::Connection& db, const std::string& sql) {
  const std::vector<std::string> names = table_names(db);
  const std::string unknown = unknown_table(sql, names);
  if (unknown.empty()) return "";
  const std::string near = did_you_mean(unknown, names);
  return near.empty() ? "the views are run_wide, experiment_wide, v_metric, v_final, v_head, "
                        "v_group and v_pair"
                      : near;
}

// The columns of the tables and views that the statement reads.
std::vector<std::string> columns_read(const sql::Connection& db, const std::string& sql) {
  std::vector<std::string> names;
  const std::vector<std::string> words = words_of(sql), tables = table_names(db);
  for (const std::string& table : tables) {
    if (std::find(words.begin(), words.end(), table) == words.end()) continue;
    sqlite3_stmt* raw = nullptr;
    sqlite3_prepare_v2(db.handle(), ("SELECT * FROM " + table).c_str(), -1, &raw, nullptr);
    const Prepared all(raw);
    for (int i = 0; i < sqlite3_column_count(raw); ++i)
      names.emplace_back(sqlite3_column_name(raw, i));
  }
  return names;
}

// "no such column: m.eval_los" -> the nearest column of what the statement reads.
std::string near_column(const sql::Connection& db, const std::string& message,
                        const std::string& sql) {
  constexpr std::string_view start = "no such column: ";
  if (!message.starts_with(start)) return "";
  std::string column = message.substr(start.size());
  column.erase(0, column.rfind('.') + 1);
  const std::vector<std::string> known = columns_read(db, sql);
  const std::string near = did_you_mean(column, known);
  if (!near.empty() || known.empty()) return near;
  return "'sinkmoe query \"select * from VIEW limit 1\" --vertical' shows the columns of a view; a text stands in "
         "single quotes";
}

[[noreturn]] void fail(const sql::Connection& db, int code, const std::string& sql,
                       const Deadline& deadline, const QueryLimits& limits) {
  switch (code & 0xff) {
    case SQLITE_INTERRUPT:
      if (!deadline.over()) break;
      throw Error(fmt::format("the query took more than {} s", limits.seconds), "query",
                  "ask for less, or join fewer tables");
    case SQLITE_NOMEM:
      throw Error("the query needs too much memory", "query", "ask for less at once");
    case SQLITE_AUTH:
      throw Error(sqlite3_errmsg(db.handle()), "query",
                  "only reading is allowed here: one SELECT statement");
    case SQLITE_ERROR:
    case SQLITE_TOOBIG: {
      const std::string message = sqlite3_errmsg(db.handle()),
                        where = place(sql, sqlite3_error_offset(db.handle()));
      const std::string table = near_table(db, sql);
      throw Error(message, where, table.empty() ? near_column(db, message, sql) : table);
    }
    default:
      break;
  }
  db.fail(code);
}

// White space, comments and semicolons alone give no statement.
void refuse_second_statement(const sql::Connection& db, const std::string& sql, const char* rest) {
  while (*rest) {
    sqlite3_stmt* raw = nullptr;
    const char* next = nullptr;
    const int code = sqlite3_prepare_v2(db.handle(), rest, -1, &raw, &next);
    const Prepared second(raw);
    if (code != SQLITE_OK || second)
      throw Error("more than one statement", place(sql, static_cast<int>(rest - sql.c_str())),
                  "give one SELECT statement");
    rest = next;
  }
}

Prepared prepare(const sql::Connection& db, const std::string& sql, const Deadline& deadline,
                 const QueryLimits& limits) {
  if (sql.find('\0') != std::string::npos) throw Error("the query holds a zero byte", "query");
  sqlite3_stmt* raw = nullptr;
  const char* rest = nullptr;
  const int code = sqlite3_prepare_v2(db.handle(), sql.c_str(), -1, &raw, &rest);
  Prepared statement(raw);
  if (code != SQLITE_OK) fail(db, code, sql, deadline, limits);
  if (!statement) throw Error("the query is empty", "query", "give one SELECT statement");
  refuse_second_statement(db, sql, rest);
  if (!sqlite3_stmt_readonly(raw) || sqlite3_column_count(raw) == 0)
    throw Error("the statement does not read anything", "query", "give one SELECT statement");
  return statement;
}

int64_t bytes_of(const Cell& cell) {
  const auto* text = std::get_if<std::string>(&cell);
  return static_cast<int64_t>(sizeof(Cell) + (text ? text->size() : 0));
}

}  // namespace

namespace {

constexpr int64_t kOldestReadable = 1;  // later steps of the schema have only added tables

}  // namespace

Reader::Reader(const std::filesystem::path& path) {
  switch (inspect_database(path)) {
    case FileState::absent:
      throw Error("no database here", path.string(),
                  "make one with 'sinkmoe run EXPERIMENT', or give another --db");
    case FileState::empty:
      throw Error("the database is empty", path.string(), "fill it with 'sinkmoe run EXPERIMENT'");
    case FileState::ours:
      break;
  }
  settle_database(path);
  impl_ = std::make_unique<Impl>(Impl{sql::Connection(path, sql::Connection::Mode::read_only),
                                      purpose_of(path) == Purpose::drills});
  const int64_t version = impl_->db.integer("PRAGMA user_version");
  if (version < kOldestReadable)
    throw Error("the database is of an older version", path.string(),
                "upgrade it with 'sinkmoe doctor', which keeps a copy");
  for (const Migration& step : migrations())
    if (step.version > version && !step.stand_in.empty())
      impl_->db.exec("PRAGMA temp_store = MEMORY;" + step.stand_in);
  guard_connection(impl_->db);
}

Reader::~Reader() = default;
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;

bool Reader::drills() const { return impl_->drills; }

Table Reader::query(const std::string& sql, const QueryLimits& limits) const {
  const sql::Connection& db = impl_->db;
  const Deadline deadline(db, limits.seconds);
  const Prepared statement = prepare(db, sql, deadline, limits);
  Table table;
  const int columns = sqlite3_column_count(statement.get());
  for (int i = 0; i < columns; ++i)
    table.columns.emplace_back(sqlite3_column_name(statement.get(), i));
  int64_t bytes = 0;
  for (int code; (code = sqlite3_step(statement.get())) != SQLITE_DONE;) {
    if (code != SQLITE_ROW) fail(db, code, sql, deadline, limits);
    if (static_cast<int64_t>(table.rows.size()) >= limits.rows)
      throw Error(fmt::format("the result has more than {} rows", limits.rows), "query",
                  "add LIMIT");
    auto& row = table.rows.emplace_back();
    for (int i = 0; i < columns; ++i)
      bytes += bytes_of(row.emplace_back(sql::column_cell(statement.get(), i)));
    if (bytes > limits.bytes)
      throw Error(fmt::format("the result has more than {} bytes", limits.bytes), "query",
                  "ask for fewer columns or rows");
  }
  return table;
}

}  // namespace sinkmoe::store
