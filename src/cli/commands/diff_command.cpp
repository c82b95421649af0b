// sinkmoe diff: the differences of two runs, in configuration and results.
#include <fmt/format.h>

#include <iostream>

#include "cli/command.h"
#include "cli/run_lookup.h"
#include "cli/table_output.h"
#include "core/text/quote.h"
#include "store/read/query.h"

namespace sinkmoe::cli {

namespace {

constexpr const char* kParams = R"sql(
select k.key, coalesce(p.value, k.fallback) as {0}, coalesce(q.value, k.fallback) as {1}
from param_key k
  left join param p on p.key = k.key and p.run = (select id from run where run_id = {2})
  left join param q on q.key = k.key and q.run = (select id from run where run_id = {3})
where coalesce(p.value, k.fallback) is not coalesce(q.value, k.fallback) order by k.ordinal)sql";

constexpr const char* kMetrics = R"sql(
with last as (
  select r.run_id, n.name, n.unit, m.value from run r cross join metric_name n cross join metric m
    on m.run = r.id and m.name = n.id and m.layer = -1 and m.head = -1 and m.step =
      (select x.step from metric x where x.run = r.id and x.name = n.id order by x.step desc limit 1)
  where n.level = 'run' and r.run_id in ({2}, {3}))
select a.name, a.value as {0}, b.value as {1}, b.value - a.value as difference, a.unit
from last a join last b using (name) where a.run_id = {2} and b.run_id = {3} order by a.name)sql";

int run_diff(const Globals& globals, const std::vector<std::string>& args) {
  po::options_description options("Options");
  options.add_options()("runs", po::value<std::vector<std::string>>()->required(),
                        "two run_ids or starts of them");
  const auto values = parse(self("diff"), options, "runs", args);
  if (!values) return 0;
  const auto names = (*values)["runs"].as<std::vector<std::string>>();
  if (names.size() != 2) throw Error("two runs expected", "sinkmoe diff", "sinkmoe diff RUN RUN");
  const store::Reader reader(globals.db);
  const std::string a = find_run(reader, names[0]), b = find_run(reader, names[1]);
  if (a == b) throw Error("both are the same run " + a, "sinkmoe diff");
  const TableFormat format = globals.json ? TableFormat::json : TableFormat::text;
  const auto filled = [&](const char* sql) {
    return reader.query(fmt::format(fmt::runtime(sql), in_quotes(a, '"'), in_quotes(b, '"'),
                                    in_quotes(a, '\''), in_quotes(b, '\'')));
  };
  if (globals.json) std::cout << "{\"configuration\": ";
  write_table(std::cout, filled(kParams), format);
  std::cout << (globals.json ? ", \"results\": " : "\n");
  write_table(std::cout, filled(kMetrics), format);
  if (globals.json) std::cout << "}\n";
  return 0;
}

const Registration<Command> diff_command{
    {.name = "diff",
     .help = "show the differences of two runs, in configuration and results",
     .usage = "RUN RUN [--json]",
     .run = run_diff}};

}  // namespace

}  // namespace sinkmoe::cli
