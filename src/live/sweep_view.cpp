#include "live/sweep_view.h"

#include <algorithm>
#include <chrono>

#include "config/compose/canonical.h"
#include "core/text/quote.h"
#include "store/read/experiments.h"
#include "store/read/measured_speed.h"

namespace sinkmoe::live {

namespace {

constexpr store::QueryLimits kQuick{.seconds = 2};
constexpr double kGrace_us = 60e6;

double number(const Cell& cell) {
  if (const auto* whole = std::get_if<int64_t>(&cell)) return static_cast<double>(*whole);
  if (const auto* real = std::get_if<double>(&cell)) return *real;
  return 0;
}
int64_t whole(const Cell& cell) { return static_cast<int64_t>(number(cell)); }

std::string literal(const std::string& text) { return in_quotes(text, '\''); }

// Every number of one run-level metric of a run.
Curve read_curve(const store::Reader& reader, const std::string& run, const char* name) {
  Curve curve;
  for (const auto& row :
       reader
           .query("select m.step, m.value from metric_name n cross join metric m on m.name = n.id "
                  "where n.name = " +
                      literal(name) + " and m.layer = -1 and m.head = -1 and m.run = " + run +
                      " order by m.step",
                  kQuick)
           .rows)
    curve.push_back({whole(row[0]), number(row[1])});
  return curve;
}

void read_evaluation(const store::Reader& reader, const std::string& run, RunView& view) {
  const Table table = reader.query(
      "with last as (select max(m.step) as step from metric_name n cross join metric m "
      "on m.name = n.id where n.name = 'eval/loss' and m.run = " +
          run +
          ") select n.name, m.value, m.step from last cross join metric_name n cross join metric m "
          "on m.name = n.id and m.step = last.step and m.layer = -1 and m.head = -1 "
          "where n.level = 'run' and n.name not glob 'train/*' and m.run = " +
          run + " order by n.name",
      kQuick);
  for (const auto& row : table.rows) {
    view.evaluation.emplace_back(to_text(row[0]), number(row[1]));
    view.evaluated_at = whole(row[2]);
  }
}

double now_us() {
  return static_cast<double>(std::chrono::duration_cast<std::chrono::microseconds>(
                                 std::chrono::system_clock::now().time_since_epoch())
                                 .count());
}

constexpr const char* kRuns = R"sql(
select r.id, r.run_id, r.label, r.status, r.message, r.config,
  (select p.value from param p where p.run = r.id and p.key = 'train.steps') as steps,
  (select a.started_us from attempt a where a.run = r.id order by a.attempt desc limit 1) as started,
  (select a.ended_us from attempt a where a.run = r.id order by a.attempt desc limit 1) as ended,
  (select a.start_step from attempt a where a.run = r.id order by a.attempt desc limit 1) as start_step,
  (select l.expires_us from lease l where l.run = r.id and l.boot not glob 'job/*') as held_until, r.cause
from experiment e join experiment_run x on x.experiment = e.id join run r on r.id = x.run
where e.name = )sql";

struct Row {
  std::string id;
  RunView view;
  double started_us = 0, ended_us = 0;
  int64_t start_step = 0;
  bool held = false, retried = false;
  double flops_per_token = 0, tokens = 0;
};

// Everything but what read_details() adds.
Row to_row(const std::vector<Cell>& cells) {
  Row row;
  row.id = to_text(cells[0]);
  row.view.run_id = to_text(cells[1]);
  row.view.label = to_text(cells[2]);
  row.view.status = parse_name<RunStatus>(to_text(cells[3]), "the database");
  row.view.message = to_text(cells[4]);
  row.view.steps = whole(cells[6]);
  row.started_us = number(cells[7]);
  row.ended_us = number(cells[8]);
  row.start_step = whole(cells[9]);
  // A lease of a process that is gone expires; a process that has to wait renews its own late.
  row.held = number(cells[10]) > now_us() - kGrace_us;
  const auto cause = find_name<Outcome>(to_text(cells[11]));
  row.retried = row.view.status == RunStatus::failed && cause && is_transient(*cause);
  return row;
}

void read_details(const store::Reader& reader, Row& row) {
  RunView& view = row.view;
  view.loss = read_curve(reader, row.id, "train/loss");
  view.imbalance = read_curve(reader, row.id, "eval/imbalance");
  read_evaluation(reader, row.id, view);
  if (!view.loss.empty()) view.step = view.loss.back().step;
  view.step = std::max(view.step, view.evaluated_at);
  const Curve speed = read_curve(reader, row.id, "train/tokens_per_s");
  if (!speed.empty()) view.tokens_per_second = speed.back().value;
  if (view.tokens_per_second && row.flops_per_token > 0) {
    view.flops_per_second = *view.tokens_per_second * row.flops_per_token;
    if (const auto peak = store::matrix_product_speed(reader, view.run_id))
      view.share = *view.flops_per_second / *peak;
  }
  const auto left = static_cast<double>(view.steps - view.step);
  const auto made = static_cast<double>(view.step - row.start_step);
  if (made > 0) view.seconds_left = left * (now_us() - row.started_us) / 1e6 / made;
}

// From the runs that are done: seconds for each unit of work, over the runs that work at a time.
double time_left(const std::vector<Row>& rows) {
  double done_seconds = 0, done_work = 0, open_work = 0, longest = -1;
  int64_t at_a_time = 0;
  const auto work = [](const Row& row) {
    const double flops = row.tokens * row.flops_per_token;
    return flops > 0 ? flops : static_cast<double>(std::max<int64_t>(row.view.steps, 1));
  };
  for (const Row& row : rows) {
    const double part = row.view.steps > 0 ? static_cast<double>(row.view.step) /
                                                 static_cast<double>(row.view.steps)
                                           : 0;
    if (row.view.status == RunStatus::done && row.start_step == 0 && row.ended_us > 0) {
      done_seconds += (row.ended_us - row.started_us) / 1e6;
      done_work += work(row);
    } else if (row.held) {
      ++at_a_time;
      open_work += work(row) * (1 - part);
      longest = std::max(longest, row.view.seconds_left);
      if (row.start_step == 0 && part > 0) {
        done_seconds += (now_us() - row.started_us) / 1e6;
        done_work += work(row) * part;
      }
    } else if (row.retried || row.view.status == RunStatus::planned ||
               row.view.status == RunStatus::lost || row.view.status == RunStatus::interrupted) {
      open_work += work(row);
    }
  }
  if (done_work <= 0 || at_a_time == 0) return longest;
  return std::max(longest, done_seconds / done_work * open_work / static_cast<double>(at_a_time));
}

}  // namespace

int64_t SweepView::count(RunStatus status) const {
  const auto it = states.find(status);
  return it == states.end() ? 0 : it->second;
}

int64_t SweepView::open() const {
  return count(RunStatus::planned) + count(RunStatus::running) + count(RunStatus::interrupted) +
         count(RunStatus::lost) + retries;
}

int64_t SweepView::failed() const {
  return count(RunStatus::failed) + count(RunStatus::diverged) + count(RunStatus::quarantined);
}

std::string latest_experiment(const store::Reader& reader) {
  const Table table = reader.query(
      "select e.name, (select max(a.started_us) from experiment_run x join attempt a "
      "on a.run = x.run where x.experiment = e.id) as at from experiment e "
      "order by at desc nulls last, e.created_us desc, e.id desc limit 1",
      kQuick);
  if (table.rows.empty())
    throw Error("the database has no experiment", "", "start one with 'sinkmoe run EXPERIMENT'");
  return to_text(table.rows[0][0]);
}

SweepReader::Size SweepReader::size_of(const std::string& run_id, const std::string& text) {
  const auto known = sizes_.find(run_id);
  if (known != sizes_.end()) return known->second;
  Size size;
  try {
    const config::RunConfig config = config::parse_canonical(text, run_id);
    const plan::Cost cost = cost_of_(config);
    size.tokens = static_cast<double>(cost.tokens);
    size.flops_per_token = plan::flops_per_token(cost);
  } catch (const Error&) {
    // Its data is not here: no floating-point operations are shown.
  }
  return sizes_[run_id] = size;
}

SweepView SweepReader::read(const std::string& experiment) {
  const store::Reader reader(db_);
  SweepView sweep;
  sweep.database = db_.string();
  sweep.drills = reader.drills();
  sweep.experiment = experiment.empty() ? latest_experiment(reader) : experiment;
  const Table head = reader.query(
      "select title from experiment where name = " + literal(sweep.experiment), kQuick);
  if (head.rows.empty()) store::require_experiment(reader, sweep.experiment);
  sweep.title = to_text(head.rows[0][0]);
  std::vector<Row> rows;
  const Row* last = nullptr;
  for (const auto& cells :
       reader.query(kRuns + literal(sweep.experiment) + " order by x.ordinal", kQuick).rows) {
    Row row = to_row(cells);
    const Size size = size_of(row.view.run_id, to_text(cells[5]));
    row.flops_per_token = size.flops_per_token;
    row.tokens = size.tokens;
    if (row.held) read_details(reader, row);
    ++sweep.total;
    ++sweep.states[row.view.status];
    sweep.leases += row.held ? 1 : 0;
    sweep.retries += row.retried && !row.held ? 1 : 0;
    rows.push_back(std::move(row));
  }
  for (const Row& row : rows)
    if (!row.held && row.ended_us > 0 && (!last || row.ended_us > last->ended_us)) last = &row;
  sweep.seconds_left = sweep.open() > 0 ? time_left(rows) : 0;
  if (last) {
    Row ended = *last;
    read_details(reader, ended);
    ended.view.seconds_left = -1;
    sweep.last = std::move(ended.view);
  }
  for (Row& row : rows)
    if (row.held) sweep.running.push_back(std::move(row.view));
  return sweep;
}

std::vector<std::pair<std::string, std::string>> SweepReader::experiments() const {
  std::vector<std::pair<std::string, std::string>> list;
  const store::Reader reader(db_);
  for (const auto& row :
       reader.query("select name, title from experiment order by created_us desc, id desc", kQuick)
           .rows)
    list.emplace_back(to_text(row[0]), to_text(row[1]));
  return list;
}

}  // namespace sinkmoe::live
