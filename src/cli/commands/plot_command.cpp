// sinkmoe plot: draws one stored metric of an experiment.
#include <algorithm>
#include <cctype>
#include <iostream>

#include "cli/command.h"
#include "cli/output/figure_file.h"
#include "core/text/utf8.h"
#include "report/report.h"
#include "report/sweep/plot_spec.h"
#include "store/read/experiments.h"
#include "store/read/query.h"

namespace sinkmoe::cli {

namespace {

using Texts = std::vector<std::string>;

// eval/loss and grid: "plot.eval_loss.grid.svg"; with --x train.lr --by attention.kind --log
// "plot.eval_loss.grid.x-train_lr.by-attention_kind.log.svg", so that no figure replaces another
// one, nor one of a report, which is named after its artifact.
std::string default_name(const report::MetricFacts& metric, const std::string& experiment,
                         const report::PlotRequest& request) {
  std::string name = "plot." + metric.column() + "." + experiment;
  const auto add = [&](const char* what, std::string key) {
    std::replace_if(
        key.begin(), key.end(), [](unsigned char c) { return !std::isalnum(c) && c != '-'; }, '_');
    name += std::string(".") + what + key;
  };
  if (!request.x.empty()) add("x-", request.x);
  for (const std::string& key : request.by) add("by-", key);
  return name + (request.log ? ".log" : "") + ".svg";
}

int plot(const Globals& globals, const Texts& args) {
  po::options_description options("Options");
  options.add_options()("what", po::value<Texts>(),
                        "a metric, such as eval/loss, and an experiment")(
      "x", po::value<std::string>()->default_value(""),
      "step, tokens, or a key that the runs differ in; default: what fits the metric")(
      "by", po::value<Texts>()->value_name("KEY"),
      "a key that gives a line each (may be given several times)")("log", "logarithmic y axis")(
      "out", po::value<std::string>(), "FILE.svg or FILE.png; default: in the folder of report");
  const auto values = parse(self("plot"), options, "what", args);
  if (!values) return 0;
  const Texts what = values->count("what") ? (*values)["what"].as<Texts>() : Texts{};
  if (what.size() != 2)
    throw Error("a metric and an experiment expected", "sinkmoe plot",
                "for example: sinkmoe plot eval/loss quick; see 'sinkmoe list metrics'");
  const store::Reader reader(globals.db);
  const report::QueryFunction query = [&](const std::string& sql) {
    return reader.query(sql, {.seconds = 120});
  };
  const std::string experiment = what[1];
  store::require_experiment(reader, experiment);
  const report::Sweep sweep = report::read_sweep(query, {experiment});
  const auto metrics = report::stored_metrics(query, sweep);
  const report::MetricFacts& metric = report::metric_called(metrics, what[0], sweep);
  const report::PlotRequest request{
      .x = (*values)["x"].as<std::string>(),
      .by = values->count("by") ? (*values)["by"].as<Texts>() : Texts{},
      .log = values->count("log") > 0};
  const std::filesystem::path file =
      values->count("out") ? std::filesystem::path((*values)["out"].as<std::string>())
                           : default_out(globals.db) / default_name(metric, experiment, request);
  check_figure_name(file);
  const report::Document d =
      report::make_one(report::plot_spec(query, sweep, metric, request), experiment, query);
  if (d.data.rows.empty())
    throw Error("none of its runs is done yet", "experiment " + experiment,
                "see 'sinkmoe status " + experiment + "'");
  write_figure(d, file);
  if (!globals.quiet)
    std::cout << file.string() << ": " << printable(d.title) << "; " << d.provenance.seeds << "\n";
  for (const std::string& note : d.notes) std::cerr << "note: " << printable(note) << "\n";
  return 0;
}

const Registration<Command> plot_command{
    {.name = "plot",
     .help = "draw a stored metric of an experiment over steps, tokens or what the sweep varies",
     .usage = "METRIC EXPERIMENT [--x KEY|step|tokens] [--by KEY] [--log] [--out FILE.svg]",
     .run = plot}};

}  // namespace

}  // namespace sinkmoe::cli
