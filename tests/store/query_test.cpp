// Read-only queries: no statement can change the file, and every statement ends in time.
#include <gmock/gmock.h>

#include <chrono>

#include "core/hash.h"
#include "fixture.h"

namespace sinkmoe::store {
namespace {

using testing::HasSubstr;

class Queries : public testing::Test {
 protected:
  Queries() : db_(folder_ / "r.db") {
    Store store(db_);
    store.put_experiment(experiment_row({run_row("vanilla", 0, 0)}));
    const Lease lease = begin(store, "vanilla-0-s0");
    std::vector<MetricRow> many;
    for (int64_t step = 0; step < 3000; ++step) many.push_back({"eval/loss", step, -1, -1, 1.0});
    store.add_metrics(lease, many);
  }
  std::string error(const std::string& sql, const QueryLimits& limits = {}) {
    try {
      Reader(db_).query(sql, limits);
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  }
  Folder folder_;
  std::filesystem::path db_;
};

TEST_F(Queries, GivesTypedCellsAndNames) {
  const Table table =
      Reader(db_).query("select 1 as i, 0.5 as d, 'x' as t, null as n -- a remark\n;");
  EXPECT_THAT(table.columns, testing::ElementsAre("i", "d", "t", "n"));
  EXPECT_EQ(
      table.rows,
      (std::vector<std::vector<Cell>>{{int64_t{1}, 0.5, std::string("x"), std::monostate{}}}));
}

TEST_F(Queries, ReadJsonArraysAsTables) {
  EXPECT_EQ(Reader(db_).query("SELECT sum(value) FROM json_each('[1, 2, 4]')").rows[0][0],
            Cell(int64_t{7}));
}

TEST_F(Queries, SyntaxErrorsNameThePlace) {
  EXPECT_THAT(error("select 1,\n  from run"), HasSubstr("query:2:3: near \"from\": syntax error"));
  EXPECT_THAT(error("select nothing_there from run_wide"),
              HasSubstr("query:1:8: no such column: nothing_there"));
  EXPECT_THAT(error("select * from run_wid"),
              HasSubstr("no such table: run_wid; did you mean 'run_wide'?"));
  EXPECT_THAT(error("with a as (select 1) select * from a join main.v_head\njoin EVNT e"),
              HasSubstr("no such table: EVNT; did you mean 'event'?"));
  EXPECT_THAT(error("select * from zzzzzzzz"), HasSubstr("the views are run_wide, "));
  EXPECT_THAT(error("with evnt(a) as (select 1) select b from evnt, json_each('[]')"),
              HasSubstr("no such column: b"))
      << "a table of the statement's own";
  EXPECT_THAT(error("with evnt(a) as (select 1) select b from evnt, json_each('[]')"),
              Not(HasSubstr("the views are")));
  EXPECT_THAT(error("select r.eval_los from run_wide r"),
              HasSubstr("no such column: r.eval_los; did you mean 'eval_loss'"));
  EXPECT_THAT(error("select count(*) from run_wide where \"train.lr\" > 0.004"),
              HasSubstr("no such column"))
      << "a name in double quotes is never a text";
  EXPECT_THAT(error("select statu from run"), HasSubstr("did you mean 'status'"));
  EXPECT_THAT(error("select qqqqqqqq from run"), HasSubstr("--vertical' shows the columns"));
  EXPECT_THAT(error("  -- nothing\n"), HasSubstr("empty"));
  EXPECT_THAT(error("select 1; select 2"), HasSubstr("query:1:10: more than one statement"));
}

TEST_F(Queries, LimitsEndAQueryAndSayWhich) {
  EXPECT_THAT(error("select * from metric", {.rows = 100}), HasSubstr("more than 100 rows"));
  EXPECT_THAT(error("select * from metric", {.bytes = 10'000}), HasSubstr("more than 10000 bytes"));
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THAT(error("select count(*) from metric a, metric b, metric c", {.seconds = 0.2}),
              HasSubstr("more than 0.2 s"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}

// Each must fail, or return without effect; the file keeps its bytes and no file appears beside it.
constexpr const char* kHostile[] = {
    "drop table run",
    "delete from metric",
    "update run set status = 'done'",
    "insert into event values (1,1,1,1,'','')",
    "create table t(x)",
    "create temp table t(x)",
    "create view v as select 1",
    "alter table run rename to r",
    "attach database 'evil.db' as e",
    "detach database main",
    "vacuum",
    "vacuum into 'evil.db'",
    "reindex",
    "analyze",
    "pragma user_version = 9",
    "pragma journal_mode = wal",
    "pragma writable_schema = on",
    "pragma query_only = off",
    "pragma application_id = 1",
    "pragma wal_checkpoint",
    "pragma integrity_check",
    "begin",
    "begin immediate",
    "commit",
    "rollback",
    "savepoint s",
    "select load_extension('evil')",
    "select writefile('evil', 'x')",
    "select readfile('/etc/passwd')",
    "select edit('x')",
    "select fts3_tokenizer('simple')",
    "select * from pragma_database_list",
    "select * from dbstat",
    "select * from sqlite_stmt",
    "select randomblob(1000000000)",
    "select zeroblob(1000000000)",
    "select printf('%.*c', 1000000000, 'x')",
    "select replace(printf('%.*c', 200000, 'a'), 'a', printf('%.*c', 200000, 'b'))",
    "with recursive c(i) as (select 1 union all select i + 1 from c) select max(i) from c",
    "with recursive c(i) as (select 1 union all select i + 1 from c) select group_concat(i) from c",
    "with recursive c(i, s) as (select 1, 'x' union all select i + 1, s || s from c) select i, "
    "length(s) from c",
    "with recursive c(i) as (select 1 union all select i + 1 from c) select i from c order by i "
    "desc",
    "select * from metric a, metric b, metric c order by random()",
    "select * from metric a, metric b",
    "explain select 1; drop table run",
    "select 1; drop table run",
    "select 1; --\n drop table run",
    "delete from metric returning *",
    "insert into run default values returning id",
    "replace into lease values(1)",
    "with x as (select 1) delete from run",
    "values(1); delete from run",
    "select sum(a.value) from metric a, metric b, metric c"};

TEST_F(Queries, HostileStatementsChangeNothingAndEndInTime) {
  const std::string before = sha256_file(db_);
  for (const char* sql : kHostile) {
    const auto start = std::chrono::steady_clock::now();
    error(sql, {.seconds = 0.5});
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5)) << sql;
  }
  EXPECT_EQ(sha256_file(db_), before);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 1);
}

#ifdef __SANITIZE_THREAD__
constexpr std::chrono::seconds kCallLimit(60);  // the sanitizer checks every byte that is compared
#else
constexpr std::chrono::seconds kCallLimit(5);
#endif

// One call of a function cannot be interrupted, so the size of its arguments is limited.
TEST_F(Queries, FunctionsOnLongTextsEndInTime) {
  const std::string big =
      "replace('" + std::string(512, 'a') + "', 'a', '" + std::string(510, 'a') + "')";
  const std::string half = "substr(" + big + ", 1, 130000)";
  const std::string pattern = "%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%b";
  for (const std::string& sql :
       {"select length(" + big + ")", "select instr(" + big + ", " + half + " || 'b')",
        "select " + big + " like '" + pattern + "'", "select trim(" + big + ", " + half + ")",
        "select replace(" + big + ", 'a', " + half + ")"}) {
    const auto start = std::chrono::steady_clock::now();
    error(sql, {.seconds = 0.5});
    EXPECT_LT(std::chrono::steady_clock::now() - start, kCallLimit) << sql.substr(0, 40);
  }
  EXPECT_EQ(rows(db_, "select length(" + big + ")"), "261120\n");
}

// Common table expressions that refer twice to the one before grow as 2^depth when
// the statement is prepared.
TEST_F(Queries, StatementsThatMultiplyThemselvesEndInTime) {
  std::string bomb = "with a0 as (select 1 x)";
  for (int i = 1; i < 40; ++i) {
    const std::string before = "a" + std::to_string(i - 1);
    bomb += ", a" + std::to_string(i) + " as (select 1 x from " + before + " p, " + before + " q)";
  }
  // Without the limit it would run for years; the bound leaves room for a sanitizer on a busy machine.
  const auto start = std::chrono::steady_clock::now();
  EXPECT_NE(error(bomb + " select * from a39", {.seconds = 0.5}), "");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));
  std::string deep = "select ";
  for (int i = 0; i < 100'000; ++i) deep += "(";
  EXPECT_NE(error(deep), "");
  EXPECT_NE(error("select " + std::string(300'000, '1')), "");
}

// A foreign database may have its own views and triggers.
TEST_F(Queries, AHostileViewIsBoundByTheSameLimits) {
  ASSERT_EQ(std::system(("sqlite3 '" + db_.string() +
                         "' \"create view evil as select load_extension('x') y; create view "
                         "slow as with recursive c(i) as (select 1 union all select i+1 from c) "
                         "select i from c;\"")
                            .c_str()),
            0);
  EXPECT_NE(error("select * from evil"), "");
  EXPECT_THAT(error("select count(*) from slow", {.seconds = 0.2}), HasSubstr("more than 0.2 s"));
}

}  // namespace
}  // namespace sinkmoe::store
