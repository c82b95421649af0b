// sinkmoe list: lists everything that can be chosen by name.
#include <iostream>

#include "cli/command.h"
#include "cli/table_output.h"
#include "config/compose/layers.h"
#include "core/text/split_join.h"
#include "core/text/suggest.h"
#include "report/spec/spec.h"
#include "store/read/query.h"

namespace sinkmoe::cli {

namespace {

Table plugins(const std::string& kind) {
  Table table{{"name", "help"}, {}};
  for (const auto& [name, info] : plugin_table()[kind]) table.rows.push_back({name, info.help});
  return table;
}

// Name and title of TOML files in a folder; unreadable files are listed as such.
Table titles(const std::string& folder, const std::vector<std::string>& names) {
  Table table{{"name", "title"}, {}};
  for (const std::string& name : names) {
    std::string title;
    try {
      const config::TomlValue file = config::read_toml(config::find_toml(folder, name));
      if (const config::TomlValue* value = file.find("title")) title = value->text;
    } catch (const Error& e) {
      title = "(not readable: " + e.problems()[0].what + ")";
    }
    table.rows.push_back({name, title});
  }
  if (table.rows.empty()) std::cerr << "there is no TOML file in " << folder << "/\n";
  return table;
}

// Training describes its metrics in the database, so this needs no LibTorch.
Table metrics(const Globals& globals) {
  return store::Reader(globals.db)
      .query("select name, unit, better, help from metric_name order by name");
}

Table list(const Globals& globals, const std::string& what) {
  if (what == "variants") return plugins("variant");
  if (what == "families") return plugins("family");
  if (what == "losses") return plugins("loss");
  if (what == "sources") return plugins("source");
  if (what == "metrics") return metrics(globals);
  if (what == "experiments") return titles(what, config::toml_names(what));
  if (what == "artifacts") return titles("plots", report::spec_names("plots"));
  const std::vector<std::string> known = {"variants", "losses",      "sources",  "families",
                                          "metrics",  "experiments", "artifacts"};
  const std::string near = what.empty() ? "" : did_you_mean(what, known);
  throw Error(
      what.empty() ? "it is not said what to list" : "nothing to list is called '" + what + "'",
      "sinkmoe list", near.empty() ? "give one of: " + join(known, ", ") : near);
}

int run_list(const Globals& globals, const std::vector<std::string>& args) {
  po::options_description options("Options");
  options.add_options()("what", po::value<std::vector<std::string>>(), "what to list");
  const auto values = parse(self("list"), options, "what", args);
  if (!values) return 0;
  std::vector<std::string> words;
  if (values->count("what")) words = (*values)["what"].as<std::vector<std::string>>();
  if (words.size() > 1)
    throw Error("more than one word is given", "sinkmoe list", "list one after the other");
  const Table table = list(globals, words.empty() ? "" : words[0]);
  write_table(std::cout, table, globals.json ? TableFormat::json : TableFormat::text);
  return 0;
}

const Registration<Command> list_command{
    {.name = "list",
     .help = "list what can be chosen by name",
     .usage = "variants | losses | sources | families | metrics | experiments | artifacts",
     .run = run_list}};

}  // namespace

}  // namespace sinkmoe::cli
