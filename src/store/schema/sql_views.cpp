#include "store/schema/sql_views.h"

#include <algorithm>
#include <set>
#include <vector>

#include "core/text/quote.h"

namespace sinkmoe::store {

namespace {

struct View {
  const char* name;
  const char* sql;
};

// CROSS JOIN keeps the order run, name, rows, so that each (run, name) is one seek in the key of
// the metric table.
constexpr View kViews[] = {
    {"v_metric", R"sql(
SELECT r.run_id, r.group_id, r.seed, n.name, m.step, m.layer, m.head, m.value, n.unit
FROM run r CROSS JOIN metric_name n CROSS JOIN metric m ON m.run = r.id AND m.name = n.id
WHERE r.status <> 'void')sql"},

    {"v_final", R"sql(
SELECT r.run_id, r.group_id, r.seed, n.name, m.step, m.layer, m.head, m.value, n.unit
FROM run r CROSS JOIN metric_name n CROSS JOIN metric m ON m.run = r.id AND m.name = n.id
  AND m.step = (SELECT x.step FROM metric x WHERE x.run = r.id AND x.name = n.id ORDER BY x.step DESC LIMIT 1)
WHERE r.status <> 'void')sql"},

    {"v_head", R"sql(
SELECT r.run_id, r.group_id, r.seed, n.name, m.step, m.layer, m.head, m.value, n.unit
FROM run r CROSS JOIN metric_name n CROSS JOIN metric m ON m.run = r.id AND m.name = n.id
WHERE r.status <> 'void' AND n.level = 'head' AND m.head >= 0)sql"},

    // Deviations from the mean, because a difference of sums of squares would lose the precision of
    // a small sd.
    {"v_group", R"sql(
SELECT group_id, name, n, mean, sd,
  sd / sqrt(n) * (SELECT t95 FROM t_quantile WHERE df <= n - 1 ORDER BY df DESC LIMIT 1) AS ci95, min, max
FROM (
  SELECT group_id, name, count(*) AS n, avg(value) AS mean, min(value) AS min, max(value) AS max,
    CASE WHEN count(*) > 1 THEN sqrt(sum((value - center) * (value - center)) / (count(*) - 1)) END AS sd
  FROM (
    SELECT r.group_id, n.name, m.value, avg(m.value) OVER (PARTITION BY r.group_id, n.id) AS center
    FROM run r CROSS JOIN metric_name n CROSS JOIN metric m ON m.run = r.id AND m.name = n.id
      AND m.layer = -1 AND m.head = -1
      AND m.step = (SELECT x.step FROM metric x WHERE x.run = r.id AND x.name = n.id ORDER BY x.step DESC LIMIT 1)
    WHERE r.status = 'done' AND n.level = 'run')
  GROUP BY group_id, name))sql"},

    {"v_pair", R"sql(
SELECT r.run_id, c.run_id AS control_run_id, r.group_id, r.seed, n.name, m.value, k.value AS control,
  m.value - k.value AS diff
FROM run r JOIN run c ON c.run_id = r.control_id
  CROSS JOIN metric_name n
  CROSS JOIN metric m ON m.run = r.id AND m.name = n.id AND m.layer = -1 AND m.head = -1
    AND m.step = (SELECT x.step FROM metric x WHERE x.run = r.id AND x.name = n.id ORDER BY x.step DESC LIMIT 1)
  CROSS JOIN metric k ON k.run = c.id AND k.name = n.id AND k.layer = -1 AND k.head = -1
    AND k.step = (SELECT y.step FROM metric y WHERE y.run = c.id AND y.name = n.id ORDER BY y.step DESC LIMIT 1)
WHERE r.status = 'done' AND c.status = 'done' AND n.level = 'run')sql"},

    {"v_input", R"sql(
SELECT r.run_id, i.part, i.ordinal, i.name, i.sha256, i.tokens, i.bytes, i.rows
FROM run r JOIN input i ON i.run = r.id
WHERE r.status <> 'void')sql"},

    {"experiment_wide", R"sql(
SELECT e.name AS experiment, x.ordinal, w.*
FROM experiment e JOIN experiment_run x ON x.experiment = e.id JOIN run r ON r.id = x.run
  JOIN run_wide w ON w.run_id = r.run_id)sql"},
};

std::string column_name(std::string name) {
  std::replace_if(name.begin(), name.end(), [](char c) { return c == '.' || c == '/'; }, '_');
  return in_quotes(name, '"');
}

std::string literal(const Cell& value) {
  if (is_null(value)) return "NULL";
  const auto* text = std::get_if<std::string>(&value);
  if (text) return in_quotes(*text, '\'');
  std::string number = to_text(value);
  // A double without a fraction keeps its type: 1.0, not 1.
  if (std::holds_alternative<double>(value) && number.find_first_of(".en") == std::string::npos)
    number += ".0";
  return number;
}

// Limit for one view, because a query may read 1,000 columns (query_guard.cpp).
constexpr size_t kMostColumns = 900;

void add_column(std::string& sql, std::set<std::string>& taken, const std::string& expression,
                const std::string& name) {
  if (taken.insert(name).second) sql += ",\n  " + expression + " AS " + name;
}

std::string run_wide(const sql::Connection& db) {
  std::string sql =
      R"sql(
SELECT r.run_id, r.group_id, r.seed, r.status, r.label, r.control_id, r.parent_id,
  (SELECT a.git_commit FROM attempt a WHERE a.run = r.id ORDER BY a.attempt DESC LIMIT 1) AS git_commit,
  (SELECT group_concat(t.tag, ' ') FROM tag t WHERE t.run = r.id) AS tags,
  (SELECT n.text FROM note n WHERE n.run = r.id) AS note)sql";
  std::set<std::string> taken = {"\"run_id\"", "\"group_id\"",   "\"seed\"",      "\"status\"",
                                 "\"label\"",  "\"control_id\"", "\"parent_id\"", "\"git_commit\"",
                                 "\"tags\"",   "\"note\""};
  sql::Statement keys(db, "SELECT key, fallback FROM param_key ORDER BY ordinal, key");
  while (keys.step()) {
    const std::string value = "(SELECT p.value FROM param p WHERE p.run = r.id AND p.key = " +
                              in_quotes(keys.text(0), '\'') + ")";
    const Cell fallback = keys.cell(1);
    add_column(sql, taken,
               is_null(fallback) ? value : "coalesce(" + value + ", " + literal(fallback) + ")",
               column_name(keys.text(0)));
  }
  sql::Statement names(db, "SELECT id, name FROM metric_name WHERE level = 'run' ORDER BY name");
  while (names.step())
    add_column(sql, taken,
               "(SELECT m.value FROM metric m WHERE m.run = r.id AND m.name = " + names.text(0) +
                   " ORDER BY m.step DESC LIMIT 1)",
               column_name(names.text(1)));
  if (taken.size() > kMostColumns)
    throw StoreError(ErrorKind::bad_input,
                     {"there are " + std::to_string(taken.size()) +
                          " configuration keys and metrics of runs, the limit is " +
                          std::to_string(kMostColumns),
                      db.path().string(), ""});
  return sql + "\nFROM run r WHERE r.status <> 'void'";
}

void remake(sql::Connection& db, const std::string& name, const std::string& sql) {
  db.exec("DROP VIEW IF EXISTS " + name);
  db.exec("CREATE VIEW " + name + " AS " + sql);
}

}  // namespace

void remake_views(sql::Connection& db) {
  remake(db, "run_wide", run_wide(db));
  for (const View& view : kViews) remake(db, view.name, view.sql);
}

}  // namespace sinkmoe::store
