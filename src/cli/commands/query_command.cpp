// sinkmoe query: runs read-only SQL on the database, or a saved query by name.
#include <unistd.h>

#include <algorithm>
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

// Takes SQL that starts with a comment ("-- all runs", a line end, "select ...") out of the arguments:
// no option has a blank before a "=".
std::optional<std::string> take_commented(std::vector<std::string>& args) {
  const auto sql = std::find_if(args.begin(), args.end(), [](const std::string& a) {
    return a.starts_with("-") && a.find_first_of(" \n") < a.find('=');
  });
  if (sql == args.end()) return std::nullopt;
  std::string text = *sql;
  args.erase(sql);
  return text;
}

// Rows too wide to be read on a terminal get a hint.
void hint_at_width(const Table& table) {
  constexpr size_t kWide = 60;  // columns
  if (table.columns.size() > kWide && ::isatty(STDOUT_FILENO))
    std::cerr << "note: these are " << table.columns.size()
              << " columns; --vertical prints a line for each value, and 'sinkmoe query runs' a "
                 "short row for each run\n";
}

TableFormat chosen_format(const Globals& globals, const po::variables_map& values) {
  std::vector<std::pair<std::string, TableFormat>> chosen;
  if (globals.json) chosen.emplace_back("--json", TableFormat::json);
  for (const auto& [name, format] :
       {std::pair("csv", TableFormat::csv), std::pair("md", TableFormat::markdown),
        std::pair("vertical", TableFormat::vertical), std::pair("latex", TableFormat::latex)})
    if (values.count(name)) chosen.emplace_back("--" + std::string(name), format);
  if (chosen.size() > 1)
    throw Error(chosen[0].first + " and " + chosen[1].first + " are given together",
                "sinkmoe query", "one answer has one form: keep one of them");
  return chosen.empty() ? TableFormat::text : chosen[0].second;
}

int run_query(const Globals& globals, std::vector<std::string> args) {
  const std::optional<std::string> commented = take_commented(args);
  po::options_description options("Options");
  options.add_options()("csv", "comma-separated values, lines end in LF")("md", "a Markdown table")(
      "vertical", "a line for each value that is not NULL, for wide rows")(
      "latex", "a LaTeX tabular, with the lines of booktabs")(
      "seconds", po::value<double>()->default_value(5), "time limit")(
      "rows", po::value<int64_t>()->default_value(1'000'000), "maximum number of rows")(
      "sql", po::value<std::vector<std::string>>(), "the statement, or the name of a saved query");
  const auto values = parse(self("query"), options, "sql", args);
  if (!values) return 0;
  std::vector<std::string> sqls;
  if (values->count("sql")) sqls = (*values)["sql"].as<std::vector<std::string>>();
  if (commented) sqls.push_back(*commented);
  if (sqls.size() != 1)
    throw Error("one SQL statement expected", "sinkmoe query",
                "put it in quotes: sinkmoe query \"select * from run_wide\"");
  const TableFormat format = chosen_format(globals, *values);
  const store::QueryLimits limits{.seconds = (*values)["seconds"].as<double>(),
                                  .rows = (*values)["rows"].as<int64_t>()};
  const Table table = store::Reader(globals.db).query(statement(sqls[0]), limits);
  write_table(std::cout, table, format);
  if (format == TableFormat::text) hint_at_width(table);
  return 0;
}

const Registration<Command> query_command{
    {.name = "query",
     .help = "run read-only SQL on the results; saved queries are in results/queries",
     .usage = "\"select ...\" | QUERY [--csv | --json | --md | --latex | --vertical]",
     .run = run_query}};

}  // namespace

}  // namespace sinkmoe::cli
