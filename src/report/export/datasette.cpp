#include "report/export/datasette.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/text/split_join.h"

namespace sinkmoe::report {

namespace {

using Json = nlohmann::ordered_json;

struct Described {
  const char *name, *text;
};

// The views and tables that a reader looks at first.
constexpr Described kTables[] = {
    {"run_wide",
     "One row per run: every configuration key and every run-level metric at its last step"},
    {"experiment_wide", "The same per experiment, in the order of its plan"},
    {"v_metric", "Every stored number, by run, name and step"},
    {"v_final", "Every number at the last step of its run and name"},
    {"v_head", "Every number of one head"},
    {"v_group", "Mean over seeds with a 95% t-interval, by group and metric"},
    {"v_pair", "Run minus its control of the same seed, by metric"},
    {"run", "Identity, full configuration and status of every run"},
    {"attempt", "Which process worked on a run: machine, commit, times, outcome"},
    {"event", "What happened to a run, in text"},
    {"metric_name", "Unit, direction and meaning of every metric"},
    {"param_key", "Unit, default and meaning of every configuration key"}};

std::string column_of(std::string name) {
  std::replace_if(name.begin(), name.end(), [](char c) { return c == '.' || c == '/'; }, '_');
  return name;
}

// help and unit, as "validation loss (nats)".
Json columns(const store::Reader& reader) {
  Json list = Json::object();
  for (const char* sql :
       {"select key, help, unit from param_key order by ordinal, key",
        "select name, help, unit from metric_name where level = 'run' order by name"})
    for (const auto& row : reader.query(sql).rows) {
      const std::string unit = to_text(row[2]);
      const bool named = !unit.empty() && unit != "1";
      list[column_of(to_text(row[0]))] = to_text(row[1]) + (named ? " (" + unit + ")" : "");
    }
  return list;
}

// The first comment of a query, without a full stop.
std::string title_of(const std::string& sql, const std::string& name) {
  if (!sql.starts_with("--")) return name;
  std::string title(trim(std::string_view(sql).substr(2, sql.find('\n') - 2)));
  if (title.ends_with('.')) title.pop_back();
  return title;
}

}  // namespace

std::string datasette_metadata(const store::Reader& reader, const std::string& name,
                               const std::filesystem::path& queries) {
  Json tables = Json::object(), saved = Json::object();
  for (const Described& table : kTables) tables[table.name] = {{"description", table.text}};
  const Json wide = columns(reader);
  tables["run_wide"]["columns"] = wide;
  tables["experiment_wide"]["columns"] = wide;
  tables["run_wide"]["facets"] = {"attention_kind", "balance_weight", "status"};
  tables["metric_name"]["label_column"] = "name";
  tables["run"]["label_column"] = "label";
  for (const char* hidden :
       {"lease", "t_quantile", "param", "metric", "histogram", "experiment_run"})
    tables[hidden]["hidden"] = true;
  for (const std::string& query : file_stems(queries, ".sql")) {
    const std::string sql = read_file(queries / (query + ".sql"), 1 << 18);
    saved[query] = {{"title", title_of(sql, query)}, {"sql", std::string(trim(sql))}};
  }
  const std::string title = std::string("sinkmoe: ") + name;
  const Json metadata = {
      {"title", title},
      {"description",
       reader.drills()
           ? "A drill: its numbers are invented."
           : "Runs of small language models over attention variants and balance losses."},
      {"databases", {{name, {{"tables", tables}, {"queries", saved}}}}}};
  return metadata.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sinkmoe::report
