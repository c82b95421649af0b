// sinkmoe status: the state of all experiments, or of the runs of one.
#include <fmt/format.h>

#include <iostream>

#include "cli/command.h"
#include "cli/run_lookup.h"
#include "cli/table_output.h"
#include "store/read/query.h"

namespace sinkmoe::cli {

namespace {

constexpr const char* kExperiments = R"sql(
select e.name as experiment, count(*) as runs,
  sum(r.status = 'done') as done, sum(r.status = 'running') as running, sum(r.status = 'planned') as planned,
  sum(r.status in ('interrupted', 'lost')) as to_resume,
  sum(r.status in ('failed', 'diverged', 'quarantined')) as failed, sum(r.status = 'void') as void, e.title
from experiment e join experiment_run x on x.experiment = e.id join run r on r.id = x.run
group by e.id order by e.id)sql";

// Steps come from the stored training rows, so they are as recent as the last row.
constexpr const char* kRuns = R"sql(
select r.run_id as run, r.status,
  (select m.step from metric m join metric_name n on n.id = m.name where m.run = r.id and n.name = 'train/loss'
   order by m.step desc limit 1) as step,
  (select p.value from param p where p.run = r.id and p.key = 'train.steps') as steps,
  (select round(m.value, 4) from metric m join metric_name n on n.id = m.name where m.run = r.id and n.name = 'eval/loss'
   order by m.step desc limit 1) as eval_loss,
  (select max(a.attempt) from attempt a where a.run = r.id) as attempts, r.label, r.message
from experiment e join experiment_run x on x.experiment = e.id join run r on r.id = x.run
where e.name = {} order by x.ordinal)sql";

void require_experiment(const store::Reader& reader, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& row : reader.query("select name from experiment").rows)
    names.push_back(to_text(row[0]));
  if (std::find(names.begin(), names.end(), name) == names.end())
    throw Error("no experiment '" + name + "' in the database", "", did_you_mean(name, names));
}

// Remarks below the table: current work and the latest problems.
void write_remarks(const store::Reader& reader) {
  if (reader.drills()) std::cout << "drill database: its numbers are made up\n";
  const Table held = reader.query("select count(*) from lease");
  const int64_t running = std::get<int64_t>(held.rows[0][0]);
  if (running > 0)
    std::cout << running << (running == 1 ? " run is" : " runs are") << " being worked on\n";
  const Table last = reader.query(
      "select r.run_id, r.status, r.message from run r where r.status in ('failed', 'diverged', "
      "'quarantined') "
      "order by r.finished_us desc limit 1");
  for (const auto& row : last.rows)
    std::cout << printable("last failure: " + to_text(row[0]) + " " + to_text(row[1]) + ": " +
                           to_text(row[2]))
              << "\n";
}

int run_status(const Globals& globals, const std::vector<std::string>& args) {
  po::options_description options("Options");
  options.add_options()("experiment", po::value<std::string>(), "show its runs");
  const auto values = parse(self("status"), options, "experiment", args);
  if (!values) return 0;
  const store::Reader reader(globals.db);
  Table table;
  if (values->count("experiment")) {
    const std::string name = (*values)["experiment"].as<std::string>();
    require_experiment(reader, name);
    table = reader.query(fmt::format(kRuns, sql_text(name)));
  } else {
    table = reader.query(kExperiments);
  }
  write_table(std::cout, table, globals.json ? TableFormat::json : TableFormat::text);
  if (!globals.json) write_remarks(reader);
  return 0;
}

const Registration<Command> status_command{{.name = "status",
                                            .help = "how the experiments stand, or the runs of one",
                                            .usage = "[EXPERIMENT] [--json]",
                                            .run = run_status}};

}  // namespace

}  // namespace sinkmoe::cli
