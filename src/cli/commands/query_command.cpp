// sinkmoe query: runs read-only SQL on the database, or a saved query by name.
#include <filesystem>
#include <iostream>

#include "cli/command.h"
#include "cli/table_output.h"
#include "core/file.h"
#include "core/text/safe_name.h"
#include "core/text/suggest.h"
#include "store/read/query.h"

namespace sinkmoe::cli {

namespace {

namespace fs = std::filesystem;

constexpr const char* kSavedQueries = "results/queries";

// A single safe word is the name of a saved query; anything else is SQL.
std::string statement(const std::string& argument) {
  if (!safe_name(argument)) return argument;
  const fs::path file = fs::path(kSavedQueries) / (argument + ".sql");
  if (fs::exists(file)) return read_file(file, 1 << 18);
  const std::string near = did_you_mean(argument, file_stems(kSavedQueries, ".sql"));
  throw Error("no saved query '" + argument + "'", kSavedQueries,
              near.empty() ? "give SQL in quotes, or a file NAME.sql there" : near);
}

int run_query(const Globals& globals, const std::vector<std::string>& args) {
  po::options_description options("Options");
  options.add_options()("csv", "comma-separated values")("md", "a Markdown table")(
      "seconds", po::value<double>()->default_value(5), "time limit")(
      "rows", po::value<int64_t>()->default_value(1'000'000), "maximum number of rows")(
      "sql", po::value<std::vector<std::string>>(), "the statement, or the name of a saved query");
  const auto values = parse(self("query"), options, "sql", args);
  if (!values) return 0;
  if (!values->count("sql") || (*values)["sql"].as<std::vector<std::string>>().size() != 1)
    throw Error("one SQL statement expected", "sinkmoe query",
                "put it in quotes: sinkmoe query \"select * from run_wide\"");
  const TableFormat format = globals.json           ? TableFormat::json
                             : values->count("csv") ? TableFormat::csv
                             : values->count("md")  ? TableFormat::markdown
                                                    : TableFormat::text;
  const store::QueryLimits limits{.seconds = (*values)["seconds"].as<double>(),
                                  .rows = (*values)["rows"].as<int64_t>()};
  const std::string sql = statement((*values)["sql"].as<std::vector<std::string>>()[0]);
  write_table(std::cout, store::Reader(globals.db).query(sql, limits), format);
  return 0;
}

const Registration<Command> query_command{
    {.name = "query",
     .help = "run read-only SQL on the results; saved queries are in results/queries",
     .usage = "\"select ...\" | NAME [--csv | --json | --md]",
     .run = run_query}};

}  // namespace

}  // namespace sinkmoe::cli
