#include "report/sweep/metric_facts.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/text/quote.h"
#include "core/text/split_join.h"
#include "core/text/suggest.h"

namespace sinkmoe::report {

namespace {

std::string runs_of(const Sweep& sweep) {
  return "(select distinct x.run from experiment e join experiment_run x on x.experiment = e.id "
         "where e.name in " +
         sweep.in_list() + ")";
}

// Rows of the table `metric` of these runs, as a FROM clause.
std::string rows_of(const Sweep& sweep, const MetricFacts& metric) {
  return " from " + runs_of(sweep) +
         " x cross join metric_name n cross join metric m on m.run = x.run and m.name = n.id "
         "where n.name = " +
         in_quotes(metric.name, '\'');
}

std::string printed_unit(const std::string& unit) {
  return unit == "1" ? "" : unit == "percent" ? "%" : unit;
}

}  // namespace

std::string MetricFacts::column() const {
  std::string text = name;
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

std::vector<MetricFacts> stored_metrics(const QueryFunction& query, const Sweep& sweep) {
  std::vector<MetricFacts> list;
  const Table found = query(
      "select n.name, n.level, n.unit, n.help from metric_name n where exists (\n  select 1 from " +
      runs_of(sweep) +
      " x cross join metric m on m.run = x.run and m.name = n.id)\norder by n.name");
  for (const auto& row : found.rows)
    list.push_back(
        {to_text(row[0]), to_text(row[1]), printed_unit(to_text(row[2])), to_text(row[3])});
  return list;
}

const MetricFacts& metric_called(const std::vector<MetricFacts>& metrics, const std::string& name,
                                 const Sweep& sweep) {
  std::vector<std::string> names;
  for (const MetricFacts& m : metrics) {
    if (m.name == name || m.column() == name) return m;
    names.push_back(m.name);
  }
  const std::string where = "experiment " + join(sweep.experiments, ", ");
  if (names.empty()) throw Error("its runs have no numbers yet", where, "see 'sinkmoe status'");
  // "loss" stands near "eval/loss" for a reader, though not in letters.
  std::vector<std::string> ends;
  for (const MetricFacts& m : metrics)
    if (m.short_name() == name) ends.push_back("'" + m.name + "'");
  throw Error("its runs have no metric '" + name + "'", where,
              ends.empty() ? known_names(name, names) : "did you mean " + join(ends, " or ") + "?");
}

int ValueRange::digits() const {
  const double most = std::max(std::abs(low), std::abs(high));
  if (most <= 0) return 1;
  return std::clamp(4 - static_cast<int>(std::floor(std::log10(most))), 0, 9);
}

ValueRange range_of(const QueryFunction& query, const Sweep& sweep, const MetricFacts& metric) {
  const Table found = query("select min(m.value), max(m.value)" + rows_of(sweep, metric));
  if (found.rows.empty() || is_null(found.rows[0][0])) return {};
  return {to_number(found.rows[0][0]), to_number(found.rows[0][1])};
}

std::vector<int64_t> steps_of(const QueryFunction& query, const Sweep& sweep,
                              const MetricFacts& metric) {
  std::vector<int64_t> steps;
  for (const auto& row :
       query("select distinct m.step" + rows_of(sweep, metric) + " order by 1").rows)
    steps.push_back(static_cast<int64_t>(to_number(row[0])));
  return steps;
}

}  // namespace sinkmoe::report
