// sinkmoe compare: runs or experiments side by side: configuration, numbers, curves.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "cli/command.h"
#include "cli/output/figure_file.h"
#include "cli/run_lookup.h"
#include "cli/table_output.h"
#include "core/error.h"
#include "core/text/quote.h"
#include "core/text/split_join.h"
#include "core/text/utf8.h"
#include "report/report.h"
#include "report/sweep/plot_spec.h"
#include "report/sweep/sweep_specs.h"
#include "report/write/render.h"
#include "store/read/experiments.h"
#include "store/read/query.h"

namespace sinkmoe::cli {

namespace {

using Texts = std::vector<std::string>;

struct Titled {
  const char* title;
  Table table;
};

// Keys in which the experiments differ, with all their values.
std::string configuration_of_experiments(const Texts& names) {
  std::string columns, differ;
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string column =
        fmt::format("max(iif(name = {}, vals, ''))", in_quotes(names[i], '\''));
    columns += ", " + column + " as " + in_quotes(names[i], '"');
    if (i > 0)
      differ += fmt::format("{}max(iif(name = {}, vals, '')) <> {}", i > 1 ? " or " : "",
                            in_quotes(names[0], '\''), column);
  }
  return "select key" + columns +
         " from (select name, key, ordinal, group_concat(value, ' ') as vals from (select distinct "
         "e.name, k.key, k.ordinal, coalesce(p.value, k.fallback) as value from experiment e join "
         "experiment_run x on x.experiment = e.id cross join param_key k left join param p on p.run "
         "= x.run and p.key = k.key where k.key not in ('train.init_from') order by 4) group by "
         "name, key) group by key having " +
         differ + " order by ordinal";
}

std::string configuration_of_runs(const Texts& runs) {
  std::string columns, joins, differ;
  for (size_t i = 0; i < runs.size(); ++i) {
    const std::string p = "p" + std::to_string(i), value = "coalesce(" + p + ".value, k.fallback)";
    columns += ", " + value + " as " + in_quotes(runs[i], '"');
    joins += fmt::format(
        " left join param {0} on {0}.key = k.key and {0}.run = (select id from run where run_id = "
        "{1})",
        p, in_quotes(runs[i], '\''));
    if (i > 0) differ += (i > 1 ? " or " : "") + value + " is not coalesce(p0.value, k.fallback)";
  }
  return "select k.key" + columns + " from param_key k" + joins + " where " + differ +
         " order by k.ordinal";
}

// One column for each run, and for each but the first its difference to the first.
std::string run_columns(const Texts& runs) {
  const auto value = [](const std::string& run) {
    return "max(iif(run_id = " + in_quotes(run, '\'') + ", value, null))";
  };
  std::string columns;
  for (const std::string& run : runs) columns += ", " + value(run) + " as " + in_quotes(run, '"');
  for (size_t i = 1; i < runs.size(); ++i)
    columns += ", " + value(runs[i]) + " - " + value(runs[0]) + " as " +
               in_quotes(runs.size() == 2 ? "difference" : runs[i] + " difference", '"');
  return columns;
}

std::string in_list(const Texts& names) {
  return "(" + join(names, ", ", [](const std::string& n) { return in_quotes(n, '\''); }) + ")";
}

std::string results_of_runs(const Texts& runs) {
  return "select f.name, f.unit" + run_columns(runs) +
         " from v_final f where f.layer = -1 and f.head = -1 and f.run_id in " + in_list(runs) +
         " group by f.name, f.unit order by f.name";
}

std::string curve_of_runs(const Texts& runs, const std::string& metric) {
  return "select step" + run_columns(runs) +
         " from v_metric where layer = -1 and head = -1 and name = " + in_quotes(metric, '\'') +
         " and run_id in " + in_list(runs) + " group by step order by step";
}

// The curves of single runs as a figure.
report::Spec curve_spec(const Texts& runs, const std::string& metric) {
  report::Spec spec;
  spec.name = "compare";
  spec.path = "sinkmoe compare";
  spec.title = metric + " of runs";
  spec.query =
      "select m.run_id as run, m.run_id, m.seed, r.status, m.step, m.value from v_metric m join "
      "run_wide r on r.run_id = m.run_id where m.layer = -1 and m.head = -1 and m.name = " +
      in_quotes(metric, '\'') + " and m.run_id in " + in_list(runs) + " order by m.run_id, m.step";
  spec.layout.kind = report::LayoutKind::kLines;
  spec.layout.x = {.column = "step", .title = "optimizer step", .log = true};
  spec.layout.y = {.column = "value", .title = metric};
  spec.layout.series = {{"run", ""}};
  return spec;
}

void print_sections(const Globals& globals, const std::vector<Titled>& sections) {
  if (globals.json) {
    for (const Titled& s : sections) {
      std::cout << (&s == &sections.front() ? "{\"" : ", \"") << s.title << "\": ";
      write_table(std::cout, s.table, TableFormat::json);
    }
    std::cout << "}\n";
    return;
  }
  for (const Titled& s : sections) {
    if (s.table.rows.empty()) continue;
    std::cout << (&s == &sections.front() ? "" : "\n") << s.title << "\n";
    write_table(std::cout, s.table, TableFormat::text);
  }
}

Table table_of(const report::Grid& grid) {
  Table table{grid.header, {}};
  for (const auto& row : grid.rows) table.rows.emplace_back(row.begin(), row.end());
  return table;
}

// What a column of differences holds.
std::string difference_note(const Texts& names, const char* what) {
  return fmt::format("{}: {} - {}\n", what, names.size() == 2 ? names[1] : "each column", names[0]);
}

struct Comparison {
  const Globals& globals;
  const store::Reader& reader;
  std::string metric;
  std::filesystem::path out;  // "": no figure

  Table query(const std::string& sql) const { return reader.query(sql, {.seconds = 120}); }

  void say(const std::string& text) const {
    if (!globals.quiet && !globals.json) std::cout << "\n" << printable(text);
  }

  void write(const report::Document& d) const {
    write_figure(d, out);
    if (!globals.quiet && !globals.json) std::cout << "\n" << out.string() << "\n";
  }

  void runs(const Texts& prefixes) const {
    Texts names;
    for (const std::string& prefix : prefixes) {
      names.push_back(find_run(reader, prefix));
      if (std::count(names.begin(), names.end(), names.back()) > 1)
        throw Error("run " + names.back() + " is given twice", "sinkmoe compare");
    }
    const Table curve = query(curve_of_runs(names, metric));
    print_sections(globals, {{"configuration", query(configuration_of_runs(names))},
                             {"results", query(results_of_runs(names))},
                             {"curves", curve}});
    say(difference_note(names, "difference"));
    if (out.empty()) return;
    if (curve.rows.empty()) throw Error("no run has the metric '" + metric + "'", "--metric");
    write(report::make_one(curve_spec(names, metric), "",
                           [&](const std::string& sql) { return query(sql); }));
  }

  void experiments(const Texts& names) const {
    const report::QueryFunction ask = [&](const std::string& sql) { return query(sql); };
    const report::Sweep sweep = report::read_sweep(ask, names);
    const report::Document d = report::make_one(report::sweep_table(ask, sweep), "", ask);
    print_sections(globals, {{"configuration", query(configuration_of_experiments(names))},
                             {"results", table_of(*d.grid)}});
    say(difference_note(names, "Δ, over the seeds that both have"));
    if (out.empty()) return;
    const auto metrics = report::stored_metrics(ask, sweep);
    write(report::make_one(
        report::plot_spec(ask, sweep, report::metric_called(metrics, metric, sweep), {}), "", ask));
  }
};

// False if all may be runs. Throws Error: a name that is neither; runs and experiments together.
bool are_experiments(const store::Reader& reader, const Texts& names) {
  const Texts stored = store::experiment_names(reader);
  std::vector<Problem> problems;
  size_t runs = 0;
  for (const std::string& name : names) {
    if (std::binary_search(stored.begin(), stored.end(), name)) continue;
    if (looks_like_run(name))
      ++runs;
    else
      problems.push_back(store::unknown_experiment(name, stored));
  }
  if (!problems.empty()) throw Error(std::move(problems));
  if (runs > 0 && runs < names.size())
    throw Error("runs and experiments are given together", "sinkmoe compare",
                "give runs only, or experiments only");
  return runs == 0;
}

int compare(const Globals& globals, const Texts& args) {
  po::options_description options("Options");
  options.add_options()("what", po::value<Texts>(),
                        "two or more runs (run_ids or starts of them), or two or more experiments")(
      "metric", po::value<std::string>()->default_value("eval/loss"), "metric of the curves")(
      "out", po::value<std::string>(), "FILE.svg or FILE.png for a figure of the curves");
  const auto values = parse(self("compare"), options, "what", args);
  if (!values) return 0;
  const Texts what = values->count("what") ? (*values)["what"].as<Texts>() : Texts{};
  if (what.size() < 2)
    throw Error("two runs or two experiments expected", "sinkmoe compare",
                "sinkmoe compare RUN RUN, or sinkmoe compare EXPERIMENT EXPERIMENT");
  const store::Reader reader(globals.db);
  const Comparison comparison{globals, reader, (*values)["metric"].as<std::string>(),
                              values->count("out") ? (*values)["out"].as<std::string>() : ""};
  if (!comparison.out.empty()) check_figure_name(comparison.out);
  if (are_experiments(reader, what))
    comparison.experiments(what);
  else
    comparison.runs(what);
  return 0;
}

const Registration<Command> compare_command{
    {.name = "compare",
     .help = "show runs or experiments side by side: configuration, numbers, curves",
     .usage = "RUN RUN... | EXPERIMENT EXPERIMENT... [--metric NAME] [--out FILE.svg] [--json]",
     .run = compare,
     .examples =
         "  sinkmoe compare grid lr     columns in the order given; differences are lr - grid,\n"
         "                              paired by seed: the first is the reference\n"}};

}  // namespace

}  // namespace sinkmoe::cli
