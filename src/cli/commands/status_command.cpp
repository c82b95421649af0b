// sinkmoe status: the state of all experiments, or of the runs of one.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "cli/command.h"
#include "cli/run_lookup.h"
#include "cli/table_output.h"
#include "core/text/quote.h"
#include "core/text/utf8.h"
#include "queue/launcher/collect.h"
#include "store/read/experiments.h"
#include "store/read/query.h"

namespace sinkmoe::cli {

namespace {

// The last row counts the runs that are in no experiment's list: parents trained again for a child,
// and runs whose list another one replaced.
constexpr const char* kExperiments = R"sql(
with listed as (
  select e.id as place, e.name as experiment, e.title, r.status
  from experiment e join experiment_run x on x.experiment = e.id join run r on r.id = x.run
  union all
  select (select max(id) + 1 from experiment), '(none)', 'in no list; status --unlisted shows them', r.status
  from run r where not exists (select 1 from experiment_run x where x.run = r.id))
select experiment, count(*) as runs,
  sum(status = 'done') as done, sum(status = 'running') as running, sum(status = 'planned') as planned,
  sum(status in ('interrupted', 'lost')) as to_resume,
  sum(status in ('failed', 'diverged', 'quarantined')) as failed, sum(status = 'void') as void, title
from listed group by place, experiment order by place)sql";

// Steps come from the stored training rows, so they are as recent as the last row.
constexpr const char* kRuns = R"sql(
select r.run_id as run, r.status,
  (select m.step from metric m join metric_name n on n.id = m.name where m.run = r.id and n.name = 'train/loss'
   order by m.step desc limit 1) as step,
  iif(r.status = 'done', null, (select max(c.step) from checkpoint c where c.run = r.id and not c.final)) as checkpoint,
  (select p.value from param p where p.run = r.id and p.key = 'train.steps') as steps,
  (select round(m.value, 4) from metric m join metric_name n on n.id = m.name where m.run = r.id and n.name = 'eval/loss'
   order by m.step desc limit 1) as eval_loss,
  (select max(a.attempt) from attempt a where a.run = r.id) as attempts, r.label, r.message,
  (select group_concat(t.tag, ' ') from tag t where t.run = r.id) as tags,
  (select n.text from note n where n.run = r.id) as note
)sql";
constexpr const char* kOfExperiment = R"sql(
from experiment e join experiment_run x on x.experiment = e.id join run r on r.id = x.run
where e.name = {} order by x.ordinal)sql";
constexpr const char* kUnlisted = R"sql(
from run r where not exists (select 1 from experiment_run x where x.run = r.id)
order by r.id)sql";

// Checkpoints, tags and notes are shown if some run has one.
void drop_empty_columns(Table& table) {
  for (const char* name : {"checkpoint", "tags", "note"}) {
    const auto at = std::find(table.columns.begin(), table.columns.end(), name);
    if (at == table.columns.end()) continue;
    const auto column = at - table.columns.begin();
    if (std::any_of(table.rows.begin(), table.rows.end(),
                    [&](const auto& row) { return !is_null(row[column]); }))
      continue;
    table.columns.erase(at);
    for (auto& row : table.rows) row.erase(row.begin() + column);
  }
}

// Runs that jobs of a scheduler hold: their state there in place of `planned`, and a column with the job.
void add_jobs(Table& table, const std::map<std::string, queue::HeldView>& jobs) {
  const auto place = [&](const char* name) {
    return std::find(table.columns.begin(), table.columns.end(), name) - table.columns.begin();
  };
  const auto run = place("run"), status = place("status"), step = place("step");
  if (jobs.empty() || run == std::ssize(table.columns)) return;
  const auto at = status + 1;
  for (auto& row : table.rows) {
    const auto job = jobs.find(to_text(row[run]));
    Cell text;
    if (job != jobs.end()) {
      const queue::HeldView& view = job->second;
      const bool works = view.beat && view.beat->status == RunStatus::running;
      row[status] = std::string(view.preempted() ? "preempted" : works ? "running" : "queued");
      if (works && view.beat->progress.steps > 0) row[step] = view.beat->progress.step;
      text = view.text();
    }
    row.insert(row.begin() + at, text);
  }
  table.columns.insert(table.columns.begin() + at, "job");
}

// Remarks below the table: current work and the latest problems.
// `of`: the condition on a run `r` that its table has it, with "and" before; "" for all runs.
void write_remarks(const store::Reader& reader, const std::string& of) {
  if (reader.drills()) std::cout << "drill database: its numbers are invented\n";
  const Table held =
      reader.query("select sum(boot not glob 'job/*'), sum(boot glob 'job/*') from lease");
  const auto count = [&](int column) {
    return is_null(held.rows[0][column]) ? 0 : std::get<int64_t>(held.rows[0][column]);
  };
  if (count(1) > 0)
    std::cout
        << count(1) << (count(1) == 1 ? " run is" : " runs are")
        << " in jobs of a scheduler; 'sinkmoe run EXPERIMENT --launcher slurm' collects them\n";
  const int64_t running = count(0);
  if (running > 0)
    std::cout << running << (running == 1 ? " run is" : " runs are") << " being worked on\n";
  const Table last = reader.query(std::string(R"sql(
select r.run_id, r.status, r.message
from run r
where r.status in ('failed', 'diverged', 'quarantined'))sql") +
                                  of + " order by r.finished_us desc limit 1");
  for (const auto& row : last.rows)
    std::cout << printable("last failure: " + to_text(row[0]) + " " + to_text(row[1]) + ": " +
                           to_text(row[2]))
              << "\n";
}

int run_status(const Globals& globals, const std::vector<std::string>& args) {
  po::options_description options("Options");
  options.add_options()("experiment", po::value<std::string>(), "show its runs")(
      "unlisted", "show the runs that are in no experiment's list");
  const auto values = parse(self("status"), options, "experiment", args);
  if (!values) return 0;
  const store::Reader reader(globals.db);
  Table table;
  std::string of;
  if (values->count("experiment")) {
    const std::string name = (*values)["experiment"].as<std::string>();
    store::require_experiment(reader, name);
    table = reader.query(kRuns + fmt::format(kOfExperiment, in_quotes(name, '\'')));
    of =
        " and r.id in (select x.run from experiment e join experiment_run x on x.experiment = e.id "
        "where e.name = " +
        in_quotes(name, '\'') + ")";
  } else if (values->count("unlisted")) {
    table = reader.query(std::string(kRuns) + kUnlisted);
    of = " and not exists (select 1 from experiment_run x where x.run = r.id)";
  } else {
    table = reader.query(kExperiments);
  }
  add_jobs(table, queue::jobs_of(reader, globals.db));
  if (!globals.json) drop_empty_columns(table);
  write_table(std::cout, table, globals.json ? TableFormat::json : TableFormat::text);
  if (!globals.json) write_remarks(reader, of);
  return 0;
}

const Registration<Command> status_command{
    {.name = "status",
     .help = "show the state of all experiments, or of the runs of one",
     .usage = "[EXPERIMENT | --unlisted] [--json]",
     .run = run_status,
     .examples =
         "  sinkmoe status\n"
         "  sinkmoe status quick\n\n"
         "step: the last step whose numbers are stored; checkpoint: the step from which a run that is cut off\n"
         "now would continue; steps: those of the whole run.\n"}};

}  // namespace

}  // namespace sinkmoe::cli
