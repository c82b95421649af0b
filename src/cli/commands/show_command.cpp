// sinkmoe show: everything stored about one run.
#include <iostream>

#include "cli/command.h"
#include "cli/run_lookup.h"
#include "cli/table_output.h"
#include "core/text/quote.h"
#include "queue/worker/checkpoints.h"
#include "store/read/query.h"

namespace sinkmoe::cli {

namespace {

struct Section {
  const char* title;
  const char* sql;  // the run's number is appended
};

constexpr Section kSections[] = {{"configuration that differs from the defaults", R"sql(
select p.key, p.value
from param p join param_key k using (key)
where p.value is not k.fallback and p.run = )sql"},
                                 {"attempts", R"sql(
select attempt, outcome, start_step, device, processor, threads, ranks,
  substr(git_commit, 1, 10) || iif(git_dirty, '+changes', '') as git_commit, host,
  datetime(started_us / 1000000, 'unixepoch') as started,
  round((ended_us - started_us) / 1e6, 1) as seconds, message
from attempt
where run = )sql"},
                                 {"inputs", R"sql(
select iif(part glob '* file', part || ' ' || ordinal, part) as part, name, sha256, tokens, bytes, rows
from input
where run = )sql"},
                                 {"last values of the run-level metrics", R"sql(
select n.name, m.step, m.value, n.unit
from metric_name n cross join metric m on m.name = n.id
  and m.step = (select x.step from metric x where x.run = m.run and x.name = n.id order by x.step desc limit 1)
where n.level = 'run' and m.run = )sql"},
                                 {"tags and note", R"sql(
select (select group_concat(t.tag, ' ') from tag t where t.run = r.id) as tags, n.text as note
from run r left join note n on n.run = r.id
where (n.text is not null or exists (select 1 from tag t where t.run = r.id)) and r.id = )sql"},
                                 {"checkpoints", R"sql(
select step, iif(final, 'final', '') as final, path, bytes, sha256
from checkpoint
where run = )sql"},
                                 {"events", R"sql(
select attempt, datetime(at_us / 1000000, 'unixepoch') as at, kind, text
from event
where run = )sql"}};

int run_show(const Globals& globals, const std::vector<std::string>& args) {
  po::options_description options("Options");
  options.add_options()("run", po::value<std::string>()->required(), "run_id or the start of one");
  const auto values = parse(self("show"), options, "run", args);
  if (!values) return 0;
  const store::Reader reader(globals.db);
  const std::string run_id = find_run(reader, (*values)["run"].as<std::string>());
  const TableFormat format = globals.json ? TableFormat::json : TableFormat::text;
  const Table head = reader.query(
      R"sql(
select run_id, group_id, control_id, parent_id, seed, status, cause, message, label
from run
where run_id = )sql" +
      in_quotes(run_id, '\''));
  const std::string id = to_text(
      reader.query("select id from run where run_id = " + in_quotes(run_id, '\'')).rows[0][0]);
  if (globals.json) std::cout << "{\"run\": ";
  write_table(std::cout, head, format);
  const bool inputs =
      !reader.query("select 1 from sqlite_schema where name = 'input'").rows.empty();
  for (const Section& section : kSections) {
    if (!inputs && section.title == std::string("inputs")) continue;  // a file of version 1
    const Table table = reader.query(section.sql + id);
    if (globals.json)
      std::cout << ", \"" << section.title << "\": ";
    else if (table.rows.empty())
      continue;
    else
      std::cout << "\n" << section.title << "\n";
    write_table(std::cout, table, format);
  }
  if (globals.json)
    std::cout << "}\n";
  else
    std::cout << "\nlog: " << (queue::run_folder(globals.db, run_id) / "log.txt").string() << "\n";
  return 0;
}

const Registration<Command> show_command{{.name = "show",
                                          .help = "show everything stored about one run",
                                          .usage = "RUN [--json]",
                                          .run = run_show}};

}  // namespace

}  // namespace sinkmoe::cli
