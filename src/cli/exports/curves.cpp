// sinkmoe export curves: the run-level metrics of an experiment as CSV or TensorBoard event files.
#include <iostream>

#include "cli/export.h"
#include "core/file.h"
#include "core/text/count.h"
#include "core/text/quote.h"
#include "report/export/curves.h"

namespace sinkmoe::cli {

namespace {

using Strings = std::vector<std::string>;

int export_curves(const Globals& globals, const Strings& args) {
  po::options_description options("Options");
  options.add_options()("experiment", po::value<std::string>()->required(), "")(
      "out", po::value<std::string>()->required()->value_name("DIR"), "folder for the files")(
      "csv", "one file curves.csv: run, metric, step, value (the default)")(
      "tensorboard", "one folder with an event file per run")(
      "metric", po::value<Strings>()->value_name("METRIC"),
      "only this run-level metric (may be repeated)");
  const auto values = parse_export("curves", options, "experiment", args);
  if (!values) return 0;
  const std::string experiment = (*values)["experiment"].as<std::string>();
  const std::filesystem::path folder = (*values)["out"].as<std::string>();
  const Strings metrics = values->count("metric") ? (*values)["metric"].as<Strings>() : Strings{};
  const std::vector<report::RunCurves> runs =
      report::read_curves(store::Reader(globals.db), experiment, metrics);
  if (runs.empty())
    throw Error("no run of '" + experiment + "' has numbers yet", globals.db.string());
  if (values->count("tensorboard")) {
    report::write_tensorboard(runs, folder);
    if (!globals.quiet)
      std::cout << counted(std::ssize(runs), "run") << " in " << folder.string()
                << "/; tensorboard --logdir " << shell_word(folder.string()) << "\n";
  }
  if (values->count("csv") || !values->count("tensorboard")) {
    ensure_writable_folder(folder);
    const std::filesystem::path file = folder / "curves.csv";
    write_file_atomic(file, report::curves_csv(runs));
    if (!globals.quiet)
      std::cout << counted(std::ssize(runs), "run") << " in " << file.string() << "\n";
  }
  return 0;
}

const Registration<Export> curves_export{
    {.name = "curves",
     .help = "curves of all runs of an experiment as CSV, or as event files of TensorBoard",
     .usage = "EXPERIMENT --out DIR [--csv] [--tensorboard] [--metric METRIC]",
     .run = export_curves}};

}  // namespace

}  // namespace sinkmoe::cli
