// sinkmoe check: prints PASS, OFF or MISSING for every primary cell, and the effects of the others.
#include <fmt/format.h>

#include <iostream>
#include <map>

#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text/duration.h"
#include "core/text/utf8.h"
#include "report/document/claims.h"
#include "report/report.h"
#include "report/spec/claim_texts.h"
#include "report/text/number_text.h"
#include "report/write/judgement_json.h"
#include "store/read/query.h"

namespace sinkmoe::cli {

namespace {

using Texts = std::vector<std::string>;
using Json = nlohmann::ordered_json;

// Identifies a judged cell.
std::string key_of(const std::string& artifact, const std::string& claim, const std::string& cell,
                   const std::string& rule) {
  return artifact + "\n" + claim + "\n" + cell + "\n" + rule;
}

// Reads expected verdicts from an earlier `check --json`. A cell that is not in it keeps the
// verdict of its artifact.
void expect_again(report::Documents& documents, const std::string& path) {
  std::map<std::string, stats::Verdict> found;
  try {
    for (const auto& cell : nlohmann::json::parse(read_file(path, 1 << 26)))
      if (!cell.at("verdict").is_null())
        found[key_of(cell.at("artifact"), cell.at("claim"), cell.at("cell"), cell.at("rule"))] =
            parse_name<stats::Verdict>(std::string(cell.at("verdict")), path);
  } catch (const nlohmann::json::exception& e) {
    throw Error("not the output of 'sinkmoe --json check': " + std::string(e.what()), path);
  }
  for (report::Document& d : documents.list)
    for (report::Judgement& o : d.judgements) {
      const auto at = found.find(key_of(d.id, o.expectation.claim, o.cell, o.rule));
      if (at != found.end()) o.expectation.found = at->second;
    }
}

void print_lines(const report::Documents& documents) {
  for (const report::Document& d : documents.list)
    for (const report::Judgement& o : d.judgements) {
      std::string verdict = report::verdict_text(o);
      if (const auto hours = o.hours())
        verdict += ", " + rough_time(3600 * *hours) + " of one worker";
      std::cout << printable(fmt::format(
          "{:<8}{}  {}: {}; n = {}, {}{}{}\n", name_of(report::check_of(o)), d.id, o.cell, o.rule,
          o.effect.n,
          o.effect.mean ? report::effect_text(o.effect, !o.expectation.bound) : "absent",
          verdict.empty() ? "" : "; ", verdict));
    }
}

void print_json(const report::Documents& documents) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const report::Document& d : documents.list)
    for (const report::Judgement& o : d.judgements) {
      list.push_back({{"artifact", d.id}});
      list.back().update(report::json_judgement(o));
    }
  std::cout << list.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
}

nlohmann::ordered_json count_of(const report::ClaimSummary& claim) {
  nlohmann::ordered_json count = nlohmann::ordered_json::object();
  for (const auto& [verdict, cells] : claim.count) count[name_of(verdict)] = cells;
  return count;
}

void print_claims(const std::vector<report::ClaimSummary>& claims, bool json) {
  if (json) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const report::ClaimSummary& c : claims)
      list.push_back({{"claim", c.claim},
                      {"sentence", c.sentence},
                      {"verdict", c.verdict},
                      {"cells", c.cells},
                      {"count", count_of(c)},
                      {"duplicates", c.duplicates},
                      {"seeds_needed", c.most_seeds > 0 ? Json(c.most_seeds) : Json(nullptr)},
                      {"hours_needed", c.hours > 0 ? Json(c.hours) : Json(nullptr)},
                      {"obstacles", c.obstacles},
                      {"artifacts", c.documents},
                      {"not_run", c.absent}});
    std::cout << list.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
    return;
  }
  for (const report::ClaimSummary& c : claims) std::cout << printable(report::claim_text(c, true));
}

int check(const Globals& globals, const Texts& args) {
  po::options_description options("Options");
  options.add_options()("artifact", po::value<Texts>(),
                        "names of artifacts in plots/; default: all")(
      "plots", po::value<std::string>()->default_value("plots"), "folder of the artifact specs")(
      "experiment", po::value<Texts>()->value_name("EXPERIMENT"),
      "only this experiment (may be given several times)")(
      "claims", "what each claim says and its verdict, instead of a line for each cell")(
      "found", po::value<std::string>(),
      "expected verdicts, from an earlier 'sinkmoe --json check'");
  const auto values = parse(self("check"), options, "artifact", args);
  if (!values) return 0;
  const auto list_of = [&](const char* name) {
    return values->count(name) ? (*values)[name].as<Texts>() : Texts{};
  };
  const std::vector<report::Spec> specs =
      report::read_specs((*values)["plots"].as<std::string>(), list_of("artifact"));
  const store::Reader reader(globals.db);
  report::Documents documents = report::make_documents(
      specs, [&](const std::string& sql) { return reader.query(sql, {.seconds = 120}); },
      list_of("experiment"),
      report::read_other_specs((*values)["plots"].as<std::string>(), list_of("artifact")));
  if (values->count("found")) expect_again(documents, (*values)["found"].as<std::string>());
  std::map<report::Check, int> count;
  for (const report::Document& d : documents.list)
    for (const report::Judgement& o : d.judgements) ++count[report::check_of(o)];
  const bool claims = values->count("claims") > 0;
  if (claims)
    print_claims(
        report::summarize_claims(specs, documents.list,
                                 report::read_claim_texts((*values)["plots"].as<std::string>())),
        globals.json);
  else
    globals.json ? print_json(documents) : print_lines(documents);
  for (const std::string& p : documents.problems) std::cerr << "warning: " << printable(p) << "\n";
  if (!globals.quiet && !globals.json && !claims)
    std::cout << count[report::Check::kPass] << " PASS, " << count[report::Check::kOff] << " OFF, "
              << count[report::Check::kMissing] << " MISSING, " << count[report::Check::kShown]
              << " SHOWN without a verdict\n";
  return count[report::Check::kOff] > 0 || !documents.problems.empty() ? 1 : 0;
}

const Registration<Command> check_command{
    {.name = "check",
     .help = "judge every primary cell: PASS, OFF or MISSING; exit code 1 if any is OFF",
     .usage = "[ARTIFACT...] [--experiment NAME] [--claims] [--found FILE]",
     .run = check}};

}  // namespace

}  // namespace sinkmoe::cli
