#include "report/maker.h"

#include <algorithm>
#include <filesystem>

#include "core/error.h"
#include "core/text/quote.h"
#include "core/text/safe_name.h"
#include "core/text/split_join.h"
#include "report/spec/query_text.h"
#include "report/sweep/more_axes.h"

namespace sinkmoe::report {

namespace {

// In this order the tables and figures show them; others follow by name. It decides the colours of figures.
constexpr const char* kVariants = "vanilla sink gated";
constexpr const char* kLosses = "cv2 switch l2_mean entropy random_target";

// `known`, then the other values of a column, with blanks between.
std::string in_order(const QueryFunction& query, const Stock& stock, const std::string& known,
                     const std::string& column) {
  std::vector<std::string> names = split(known, ' ');
  if (!stock.columns.contains(column)) return known;
  for (const auto& row : query("select distinct " + column + " from run_wide order by 1").rows)
    if (std::find(names.begin(), names.end(), to_text(row[0])) == names.end())
      names.push_back(to_text(row[0]));
  return join(names, " ");
}

Stock take_stock(const QueryFunction& query) {
  Stock stock;
  for (const auto& row : query("select distinct experiment from experiment_wide order by 1").rows)
    stock.experiments.push_back(to_text(row[0]));
  const Table wide = query("select * from run_wide limit 0");
  stock.columns.insert(wide.columns.begin(), wide.columns.end());
  for (const auto& row : query("select run_id, git_commit from run_wide").rows)
    stock.commits[to_text(row[0])] = to_text(row[1]);
  for (const auto& row : query("select r.run_id, coalesce(r.parent_id, ''), "
                               "sum(a.ended_us - a.started_us) / 3.6e9 from run r "
                               "left join attempt a on a.run = r.id group by r.id")
                             .rows) {
    const std::string run = to_text(row[0]);
    if (const std::string parent = to_text(row[1]); !parent.empty()) stock.parents[run] = parent;
    if (!is_null(row[2])) stock.hours[run] = to_number(row[2]);
  }
  if (stock.columns.contains("parent_id") && stock.columns.contains("train_steps"))
    for (const auto& row : query("select run_id, parent_id from run_wide where train_steps = 0 and "
                                 "coalesce(parent_id, '') <> ''")
                               .rows)
      stock.trainings[to_text(row[0])] = to_text(row[1]);
  stock.variants = in_order(query, stock, kVariants, "attention_kind");
  stock.losses = in_order(query, stock, kLosses, "balance_loss");
  return stock;
}

}  // namespace

std::vector<std::string> experiments_of(const Spec& spec, const Stock& stock,
                                        const std::vector<std::string>& only) {
  std::vector<std::string> list;
  const auto there = [](const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  const auto named = [&](const std::string& name) {
    return there(spec.named, name) ||
           std::any_of(spec.experiments.begin(), spec.experiments.end(),
                       [&](const SpecExperiment& e) { return e.name == name; });
  };
  for (const SpecExperiment& e : spec.experiments) {
    if (e.name != "*" && there(stock.experiments, e.name)) list.push_back(e.name);
    if (e.name != "*") continue;
    for (const std::string& other : stock.experiments)
      if (!named(other)) list.push_back(other);
  }
  if (!only.empty()) std::erase_if(list, [&](const std::string& e) { return !there(only, e); });
  return list;
}

void add_hours(std::vector<Judgement>& judgements, const Stock& stock) {
  for (Judgement& o : judgements)
    for (const auto* runs : {&o.runs, &o.control_runs})
      for (std::string run : *runs)
        for (;;) {
          if (const auto at = stock.hours.find(run); at != stock.hours.end())
            o.run_hours[run] = at->second;
          const auto parent = stock.parents.find(run);
          if (parent == stock.parents.end()) break;
          run = parent->second;
        }
}

Maker::Maker(const QueryFunction& query) : query_(query), stock_(take_stock(query)) {}

Document Maker::make(Spec spec, const std::string& experiment) {
  if (!experiment.empty() && !safe_experiment_name(experiment))
    throw Error("the experiment's name cannot become a file name", spec.path);
  DocumentInput input = ask(spec, experiment, true);
  std::set<std::string> added;
  for (;;) {
    try {
      return make_document(spec, input);
    } catch (const TwoRunsInOneCell& e) {
      // Each round adds an axis that was missing, so that the rounds end.
      std::vector<Axis> missing = missing_axes(spec, experiment, e);
      std::erase_if(missing, [&](const Axis& a) { return !added.insert(a.column).second; });
      if (missing.empty()) throw;
      add_axes(spec, input, missing, query_);
    }
  }
}

Document Maker::measure(const Spec& spec, const std::string& experiment) const {
  try {
    return measure_document(spec, ask(spec, experiment, false));
  } catch (const TwoRunsInOneCell&) {
    return {};
  }
}

DocumentInput Maker::ask(const Spec& spec, const std::string& experiment, bool shown) const {
  std::set<std::string> absent;
  for (const std::string& column : spec.optional_columns)
    if (!stock_.columns.contains(column)) absent.insert(column);
  DocumentInput input;
  input.experiment = experiment;
  const std::map<std::string, std::string> parameters = {
      {":experiment", experiment}, {":variants", stock_.variants}, {":losses", stock_.losses}};
  input.query = fill_query(spec.query, parameters, absent);
  if (shown || spec.cells.query.empty()) input.rows = query_(input.query);
  if (!spec.cells.query.empty()) {
    input.cells_query = fill_query(spec.cells.query, parameters, absent);
    input.cells = query_(input.cells_query);
  }
  input.commits = stock_.commits;
  if (shown && !experiment.empty()) input.task = task_of(experiment);
  return input;
}

// "text (novels)", "synthetic task (backcopy)"; several are joined by "and".
std::string Maker::task_of(const std::string& experiment) const {
  if (!stock_.columns.contains("data_source") || !stock_.columns.contains("data_path")) return "";
  std::set<std::string> texts, tasks;
  for (const auto& row : query_("select distinct data_source, data_path from experiment_wide "
                                "where experiment = " +
                                in_quotes(experiment, '\''))
                             .rows) {
    const std::string source = to_text(row[0]);
    if (source == "text")
      texts.insert(std::filesystem::path(to_text(row[1])).filename().string());
    else if (source == "rows")
      texts.insert("rows of `sinkmoe heads`");
    else
      tasks.insert(source);
  }
  const auto list = [](const std::set<std::string>& names) {
    return " (" + join(names, ", ", [](const std::string& n) { return n; }) + ")";
  };
  std::string text = texts.empty() ? "" : "text" + list(texts);
  if (!tasks.empty())
    text += (text.empty() ? "" : " and ") + std::string("synthetic task") + list(tasks);
  return text;
}

// The axes in which the two runs differ: the first of those that vary together.
std::vector<Axis> Maker::missing_axes(const Spec& spec, const std::string& experiment,
                                      const TwoRunsInOneCell& e) {
  if (experiment.empty()) return {};
  const auto [at, is_new] = sweeps_.try_emplace(experiment);
  if (is_new) at->second = read_sweep(query_, {experiment});
  std::vector<Axis> list;
  for (const Axis& axis : differing_axes(at->second, query_, e.run_a, e.run_b)) {
    const auto names = [&](const NamedColumn& c) { return c.column == axis.column; };
    const bool used = std::any_of(spec.layout.rows.begin(), spec.layout.rows.end(), names) ||
                      std::any_of(spec.layout.series.begin(), spec.layout.series.end(), names);
    const bool first = std::any_of(at->second.dimensions.begin(), at->second.dimensions.end(),
                                   [&](const Dimension& d) { return d[0].key == axis.key; });
    if (!used && first) list.push_back(axis);
  }
  return list;
}

}  // namespace sinkmoe::report
