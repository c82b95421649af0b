#include "store/read/query_guard.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace sinkmoe::store {

namespace {

// Functions without side effects whose cost is bounded by the size of their arguments. printf and
// format are excluded, because one call with a large precision takes many seconds.
constexpr std::string_view kFunctions =
    " -> ->> abs acos acosh asin asinh atan atan2 atanh avg ceil ceiling char coalesce cos "
    "cosh count cume_dist date datetime degrees dense_rank exp first_value floor "
    "glob group_concat hex ifnull iif instr json json_array json_array_length json_each "
    "json_extract json_group_array json_group_object json_object json_quote json_tree "
    "json_type json_valid julianday lag last_value lead length like ln log log10 log2 "
    "lower ltrim max min mod nth_value ntile nullif percent_rank pi pow power "
    "quote radians rank replace round row_number rtrim sign sin sinh sqlite_version sqrt "
    "strftime substr substring sum tan tanh time total trim trunc typeof unicode "
    "unixepoch upper ";
constexpr std::string_view kPragmas =
    " foreign_key_list index_info index_list table_info table_list table_xinfo ";

// The lists hold names separated by blanks.
bool contains(std::string_view list, const char* name) {
  return name && list.find(" " + std::string(name) + " ") != list.npos;
}

int authorize(void*, int action, const char* first, const char* second, const char*, const char*) {
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
      return SQLITE_OK;
    case SQLITE_FUNCTION:
      return contains(kFunctions, second) ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_PRAGMA:
      return contains(kPragmas, first) ? SQLITE_OK : SQLITE_DENY;
    default:
      return SQLITE_DENY;
  }
}

int past_deadline(void* deadline) { return static_cast<const Deadline*>(deadline)->over() ? 1 : 0; }

}  // namespace

void guard_connection(sql::Connection& db) {
  db.exec("PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON");
  // Table-valued functions are set up at their first use, and this needs more rights than reading.
  db.exec("SELECT 1 FROM json_each('[]'), json_tree('[]')");
  sqlite3* handle = db.handle();
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  // "train.lr" is a column or an error; without this, SQLite reads an unknown one as a text.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  constexpr std::pair<int, int> limits[] = {{SQLITE_LIMIT_LENGTH, 1 << 18},
                                            {SQLITE_LIMIT_SQL_LENGTH, 1 << 18},
                                            {SQLITE_LIMIT_COLUMN, 1000},
                                            {SQLITE_LIMIT_EXPR_DEPTH, 200},
                                            {SQLITE_LIMIT_COMPOUND_SELECT, 50},
                                            {SQLITE_LIMIT_VDBE_OP, 250'000},
                                            {SQLITE_LIMIT_FUNCTION_ARG, 100},
                                            {SQLITE_LIMIT_ATTACHED, 0},
                                            {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 200},
                                            {SQLITE_LIMIT_VARIABLE_NUMBER, 100},
                                            {SQLITE_LIMIT_TRIGGER_DEPTH, 1},
                                            {SQLITE_LIMIT_WORKER_THREADS, 0}};
  for (const auto& [limit, value] : limits) sqlite3_limit(handle, limit, value);
  // For the whole process: a statement that uses too much memory then fails with "out of memory".
  sqlite3_hard_heap_limit64(int64_t{1} << 27);
  sqlite3_set_authorizer(handle, authorize, nullptr);
}

Deadline::Deadline(const sql::Connection& db, double seconds)
    : db_(db),
      end_(std::chrono::steady_clock::now() +
           std::chrono::microseconds(static_cast<int64_t>(std::clamp(seconds, 0.0, 1e6) * 1e6))) {
  sqlite3_progress_handler(db.handle(), 1000, past_deadline, this);
}

Deadline::~Deadline() { sqlite3_progress_handler(db_.handle(), 0, nullptr, nullptr); }

}  // namespace sinkmoe::store
