// sinkmoe report: writes tables and figures from stored runs, and says what came out.
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>

#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/output/figure_file.h"
#include "core/file.h"
#include "core/text/count.h"
#include "core/text/split_join.h"
#include "core/text/utf8.h"
#include "report/report.h"
#include "report/spec/claim_texts.h"
#include "report/write/render.h"
#include "store/read/query.h"

namespace sinkmoe::cli {

namespace {

using Texts = std::vector<std::string>;

constexpr size_t kMostNames = 200;  // letters of the name of a page

Texts list_of(const po::variables_map& values, const char* name) {
  return values.count(name) ? values[name].as<Texts>() : Texts{};
}

// A page of some experiments has a name of its own; single artifacts get no page.
std::string page_name(const Texts& artifacts, const Texts& experiments) {
  if (!artifacts.empty()) return "";
  const std::string names = join(experiments, ".");
  if (names.size() > kMostNames) return "index.selected.html";
  return names.empty() ? "index.html" : "index." + names + ".html";
}

size_t terminal_width() {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 120;
}

// What came out: the claims that have runs, and the main tables.
void print_results(const report::Documents& documents, const report::PageHead& head) {
  for (const report::ClaimSummary& c : head.claims)
    if (!c.documents.empty()) std::cout << printable(report::claim_text(c, false));
  for (const report::Document* d : report::page_order(documents.list).first)
    if (d->grid)
      std::cout << "\n"
                << printable(d->id + ": " + d->title) << "\n"
                << report::render_plain(*d->grid, terminal_width());
  std::cout << "\n";
}

void print(const Globals& globals, const report::Written& written,
           const report::Documents& documents, const report::PageHead& head,
           const std::string& folder) {
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
  if (!globals.quiet) print_results(documents, head);
  for (const std::string& p : problems) std::cerr << "warning: " << printable(p) << "\n";
  if (globals.quiet) return;
  const bool page = !written.files.empty() && written.files.back().ends_with(".html");
  std::cout << counted(std::ssize(written.files), "file") << " in " << folder
            << (page ? "; open " + folder + "/" + written.files.back()
                     : "; a report without names of artifacts also makes a page")
            << "\n";
  const auto claims =
      std::count_if(head.claims.begin(), head.claims.end(),
                    [](const report::ClaimSummary& c) { return c.verdict == "not run"; });
  if (!documents.absent.empty())
    std::cout << "no runs yet for " << (claims > 0 ? counted(claims, "claim") + " and " : "")
              << counted(std::ssize(documents.absent), "artifact")
              << (page ? "; the end of the page names them, and" : ";")
              << " 'sinkmoe list artifacts' shows what each is\n";
}

int report(const Globals& globals, const Texts& args) {
  po::options_description options("Options");
  options.add_options()("artifact", po::value<Texts>(),
                        "names of artifacts in plots/; default: all")(
      "out", po::value<std::string>(),
      "folder for the files; default: results/out, or NAME.out beside another database NAME.db")(
      "plots", po::value<std::string>()->default_value("plots"), "folder of the artifact specs")(
      "experiment", po::value<Texts>()->value_name("EXPERIMENT"),
      "only this experiment (may be given several times)");
  const auto values = parse(self("report"), options, "artifact", args);
  if (!values) return 0;
  const Texts artifacts = list_of(*values, "artifact"), only = list_of(*values, "experiment");
  const std::vector<report::Spec> specs =
      report::read_specs((*values)["plots"].as<std::string>(), artifacts);
  const std::string folder =
      values->count("out") ? (*values)["out"].as<std::string>() : default_out(globals.db).string();
  const store::Reader reader(globals.db);
  const auto query = [&](const std::string& sql) { return reader.query(sql, {.seconds = 120}); };
  report::Documents documents = report::make_documents(
      specs, query, only, report::read_other_specs((*values)["plots"].as<std::string>(), artifacts),
      artifacts.empty() ? report::Sweeps::kOwn : report::Sweeps::kNone);
  if (!only.empty() && artifacts.empty()) documents.absent.clear();
  if (reader.drills())
    documents.problems.insert(documents.problems.begin(),
                              "drill database: every number of this report is invented");
  report::PageHead head = report::read_head(query, globals.db.filename().string());
  if (only.empty() && artifacts.empty())
    head.claims = report::summarize_claims(
        specs, documents.list, report::read_claim_texts((*values)["plots"].as<std::string>()));
  const report::Written written = report::write_documents(
      documents, folder, {.index = page_name(artifacts, only), .head = head});
  print(globals, written, documents, head, folder);
  return documents.problems.empty() ? 0 : 1;
}

const Registration<Command> report_command{
    {.name = "report",
     .help = "build tables and figures from the stored runs, also of a sweep of your own",
     .usage = "[ARTIFACT...] [--out DIR] [--experiment NAME]",
     .run = report}};

}  // namespace

}  // namespace sinkmoe::cli
