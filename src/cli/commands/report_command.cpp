// sinkmoe report: writes tables and figures from stored runs.
#include <iostream>

#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "core/file.h"
#include "core/text/utf8.h"
#include "report/report.h"
#include "store/read/query.h"

namespace sinkmoe::cli {

namespace {

using Texts = std::vector<std::string>;

Texts list_of(const po::variables_map& values, const char* name) {
  return values.count(name) ? values[name].as<Texts>() : Texts{};
}

void print(const Globals& globals, const report::Written& written,
           const report::Documents& documents, const std::string& folder) {
  Texts problems = documents.problems;
  problems.insert(problems.end(), written.problems.begin(), written.problems.end());
  if (globals.json) {
    const nlohmann::ordered_json out = {{"folder", folder},
                                        {"files", written.files},
                                        {"absent", documents.absent},
                                        {"problems", problems}};
    std::cout << out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
    return;
  }
  for (const std::string& p : problems) std::cerr << "warning: " << printable(p) << "\n";
  if (globals.quiet) return;
  for (const std::string& name : documents.absent) std::cout << "no runs yet: " << name << "\n";
  for (const report::Document& d : documents.list) std::cout << d.id << ": " << d.title << "\n";
  const bool index = !written.files.empty() && written.files.back() == "index.html";
  std::cout << written.files.size() << " files in " << folder
            << (index ? "; open " + folder + "/index.html"
                      : "; a report without names also makes index.html")
            << "\n";
}

int report(const Globals& globals, const Texts& args) {
  po::options_description options("Options");
  options.add_options()("artifact", po::value<Texts>(),
                        "names of artifacts in plots/; default: all")(
      "out", po::value<std::string>()->default_value("results/out"), "folder for the files")(
      "plots", po::value<std::string>()->default_value("plots"), "folder of the artifact specs")(
      "experiment", po::value<Texts>(), "only this experiment (may be given several times)");
  const auto values = parse(self("report"), options, "artifact", args);
  if (!values) return 0;
  const std::vector<report::Spec> specs =
      report::read_specs((*values)["plots"].as<std::string>(), list_of(*values, "artifact"));
  const std::string folder = (*values)["out"].as<std::string>();
  const store::Reader reader(globals.db);
  ensure_writable_folder(folder);
  report::Documents documents = report::make_documents(
      specs, [&](const std::string& sql) { return reader.query(sql, {.seconds = 120}); },
      list_of(*values, "experiment"),
      report::read_other_specs((*values)["plots"].as<std::string>(), list_of(*values, "artifact")));
  if (reader.drills())
    documents.problems.insert(documents.problems.begin(),
                              "drill database: every number of this report is invented");
  const bool everything = !values->count("artifact") && !values->count("experiment");
  const report::Written written = report::write_documents(documents, folder, {.index = everything});
  print(globals, written, documents, folder);
  return documents.problems.empty() ? 0 : 1;
}

const Registration<Command> report_command{
    {.name = "report",
     .help = "build tables and figures from the stored runs",
     .usage = "[ARTIFACT...] [--out DIR] [--experiment NAME]",
     .run = report}};

}  // namespace

}  // namespace sinkmoe::cli
