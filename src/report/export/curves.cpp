#include "report/export/curves.h"

#include <algorithm>

#include "core/error.h"
#include "core/text/number.h"
#include "core/text/quote.h"
#include "core/text/split_join.h"
#include "core/text/suggest.h"
#include "store/read/experiments.h"

namespace sinkmoe::report {

namespace {

constexpr store::QueryLimits kPatient{.seconds = 60};

std::vector<std::string> first_column(const store::Reader& reader, const std::string& sql) {
  std::vector<std::string> list;
  for (const auto& row : reader.query(sql).rows) list.push_back(to_text(row[0]));
  return list;
}

void require(const std::vector<std::string>& known, const std::string& name, const char* what) {
  if (std::find(known.begin(), known.end(), name) == known.end())
    throw Error(std::string("no ") + what + " '" + name + "' in the database", "",
                known_names(name, known));
}

double real(const Cell& cell) { return is_null(cell) ? 0 : to_number(cell); }

std::vector<RunCurve> curves_of(const store::Reader& reader, const std::string& run,
                                const std::string& names) {
  std::vector<RunCurve> curves;
  const Table rows = reader.query(
      "select n.name, m.step, m.value from metric_name n cross join metric m on m.name = n.id "
      "and m.layer = -1 and m.head = -1 where n.level = 'run'" +
          names + " and m.run = " + run + " order by n.name, m.step",
      kPatient);
  for (const auto& row : rows.rows) {
    const std::string name = to_text(row[0]);
    if (curves.empty() || curves.back().metric != name) curves.push_back({name, {}});
    curves.back().points.push_back({std::get<int64_t>(row[1]), std::get<double>(row[2])});
  }
  return curves;
}

}  // namespace

std::vector<RunCurves> read_curves(const store::Reader& reader, const std::string& experiment,
                                   const std::vector<std::string>& metrics) {
  store::require_experiment(reader, experiment);
  const auto known = first_column(reader, "select name from metric_name where level = 'run'");
  for (const std::string& metric : metrics) require(known, metric, "run-level metric");
  const auto quoted = [](const std::string& text) { return in_quotes(text, '\''); };
  const std::string names =
      metrics.empty() ? "" : " and n.name in (" + join(metrics, ", ", quoted) + ")";
  std::vector<RunCurves> runs;
  const Table rows = reader.query(
      "select r.run_id, r.group_id, r.label, r.seed, a.started_us, a.ended_us, r.id from experiment e "
      "join experiment_run x on x.experiment = e.id join run r on r.id = x.run left join attempt a "
      "on a.run = r.id and a.attempt = (select max(attempt) from attempt where run = r.id) "
      "where r.status <> 'void' and e.name = " +
          quoted(experiment) + " order by x.ordinal",
      kPatient);
  for (const auto& row : rows.rows) {
    RunCurves run{to_text(row[0]), to_text(row[1]), to_text(row[2]), std::get<int64_t>(row[3])};
    run.started = real(row[4]) / 1e6;
    run.ended = std::max(real(row[5]) / 1e6, run.started);
    run.curves = curves_of(reader, to_text(row[6]), names);
    for (const RunCurve& curve : run.curves)
      run.last_step = std::max(run.last_step, curve.points.back().step);
    if (!run.curves.empty()) runs.push_back(std::move(run));
  }
  return runs;
}

std::string curves_csv(const std::vector<RunCurves>& runs) {
  const std::vector<std::string> header = {"run_id", "group_id", "seed", "label",
                                           "metric", "step",     "value"};
  std::string text = csv_row(header);
  for (const RunCurves& run : runs)
    for (const RunCurve& curve : run.curves)
      for (const CurvePoint& point : curve.points)
        text += csv_row(std::vector<std::string>{
            run.run_id, run.group_id, std::to_string(run.seed), run.label, curve.metric,
            std::to_string(point.step), shortest(point.value)});
  return text;
}

}  // namespace sinkmoe::report
