// sinkmoe config: the configuration of overrides, an experiment or a stored run, which layer set a
// key, and differences of two configurations.
#include <fmt/format.h>

#include <cmath>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/configurations/subject.h"
#include "cli/table_output.h"
#include "config/compose/canonical.h"
#include "config/toml/toml_values.h"
#include "core/text/split_join.h"
#include "core/text/suggest.h"
#include "core/text/utf8.h"

namespace sinkmoe::cli {

namespace {

using Strings = std::vector<std::string>;
using Json = nlohmann::ordered_json;

// "0.001, 0.01", cut after some values.
std::string values_of(const plan::SweptKey& swept) {
  constexpr size_t most = 8;
  const Strings first(swept.values.begin(),
                      swept.values.begin() + std::min(swept.values.size(), most));
  std::string text = join(first, ", ");
  if (swept.values.size() > most) text += fmt::format(", ... ({} values)", swept.values.size());
  return text;
}

// The values of every block that sweeps the key; "" if none does.
std::string swept_text(const std::vector<plan::SweptKey>& swept, const std::string& key) {
  std::string text;
  for (const plan::SweptKey& s : swept)
    if (s.key == key) text += (text.empty() ? "" : "; ") + values_of(s);
  return text;
}

std::string last_layer(const config::Composed& composed, const std::string& key) {
  return composed.history.at(key).back().layer;
}

int show(const Globals& globals, const Subject& subject) {
  Json json;
  for (const config::FieldView& view : config::field_views(subject.composed.config)) {
    if (!view.in_use) continue;
    std::string layer = last_layer(subject.composed, view.key);
    const std::string value = config::value_text(view.value),
                      swept = swept_text(subject.swept, view.key);
    if (globals.json)
      json[view.key] = {{"value", value},
                        {"type", config::type_name(view.value)},
                        {"default", config::value_text(view.default_value)},
                        {"unit", view.info.unit},
                        {"help", view.info.help},
                        {"layer", layer},
                        {"swept", swept}};
    if (!swept.empty()) layer += "; swept over " + swept;
    if (!globals.json)
      std::cout << printable(fmt::format("{:<40}  # {}", view.key + " = " + value, layer)) << "\n";
  }
  if (globals.json) std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
  return 0;
}

// "float, 0 to 10, rows; not part of a run's identity"
std::string describe(const config::FieldView& view) {
  const config::FieldInfo& info = view.info;
  std::string text = config::type_name(view.value);
  if (std::isfinite(info.lo)) text += fmt::format(", {:g} to {:g}", info.lo, info.hi);
  if (*info.unit) text += std::string(", ") + info.unit;
  Strings choices = info.choices;
  if (*info.plugin) choices = plugin_names(info.plugin);
  if (!choices.empty()) text += ": " + join(choices, ", ");
  if (!info.identity) text += "; not part of a run's identity";
  return text;
}

// Finds a field by its key, or by the key under which it is stored (then that of the chosen
// plug-in).
config::FieldView find_view(const config::RunConfig& config, const std::string& key) {
  const std::vector<config::FieldView> views = config::field_views(config);
  for (const config::FieldView& view : views)
    if (view.key == key || (view.in_use && view.stored == key)) return view;
  for (const config::OptionName& name : config::options_named(key))
    return {name.key(), name.stored(), name.option.default_value, name.option.default_value,
            name.option.info};
  throw Error("unknown key '" + key + "'", "sinkmoe config explain",
              did_you_mean(key, config::field_keys()));
}

int explain(const Globals& globals, const Subject& subject, const std::string& key) {
  const config::FieldView view = find_view(subject.composed.config, key);
  Table table{{"layer", "value", "where"}, {}};
  for (const config::Setting& setting : subject.composed.history.at(view.key))
    table.rows.push_back(
        {setting.layer, setting.reset ? "back to the default" : config::toml_literal(setting.value),
         setting.where});
  for (const plan::SweptKey& swept : subject.swept)
    if (swept.key == view.key)
      table.rows.push_back({swept.layer + ", " + swept.block, values_of(swept), swept.where});
  if (globals.json) {
    write_table(std::cout, table, TableFormat::json);
    return 0;
  }
  const std::string swept = swept_text(subject.swept, view.key);
  std::cout << printable(
      fmt::format("{} = {}{}\n{}\n{}\n\n", view.key, config::value_text(view.value),
                  swept.empty() ? "" : ", swept over " + swept, view.info.help, describe(view)));
  write_table(std::cout, table, TableFormat::text);
  return 0;
}

int diff(const Globals& globals, const Strings& words) {
  if (words.size() != 2)
    throw Error("two configurations expected", "sinkmoe config diff",
                "sinkmoe config diff quick \"model=small train.lr=1e-3\"");
  const Subject a = subject_called(globals.db, words[0]), b = subject_called(globals.db, words[1]);
  std::map<std::string, std::pair<std::string, std::string>> differ;
  for (const config::Difference& d : config::differences(a.composed.config, b.composed.config))
    differ[d.key] = {d.a, d.b};
  for (const Subject* subject : {&a, &b})
    for (const plan::SweptKey& swept : subject->swept) {
      const std::string left = swept_text(a.swept, swept.key),
                        right = swept_text(b.swept, swept.key);
      if (left == right) continue;
      const auto text = [&](const Subject& s, const std::string& values) {
        if (!values.empty()) return "swept: " + values;
        if (config::field_type(swept.key).empty()) return std::string();  // a group
        return config::value_text(config::field_value(s.composed.config, swept.key));
      };
      differ[swept.key] = {text(a, left), text(b, right)};
    }
  Table table{{"key", words[0], words[1]}, {}};
  for (const auto& [key, values] : differ) table.rows.push_back({key, values.first, values.second});
  if (table.rows.empty() && !globals.json)
    std::cout << "no difference\n";
  else
    write_table(std::cout, table, globals.json ? TableFormat::json : TableFormat::text);
  return 0;
}

int run_config(const Globals& globals, const Strings& args) {
  po::options_description options("Options");
  options.add_options()("experiment",
                        po::value<std::string>()->default_value("")->value_name("EXPERIMENT"),
                        "use the groups and settings of this experiment, and show its sweep")(
      "run", po::value<std::string>()->value_name("RUN"), "the configuration of this stored run")(
      "arguments", po::value<Strings>(),
      "show | explain KEY | diff A B, then overrides; A and B: an experiment, a run_id, overrides "
      "in quotes, or a file of 'config show'");
  const auto values = parse(self("config"), options, "arguments", args);
  if (!values) return 0;
  Strings words;
  if (values->count("arguments")) words = (*values)["arguments"].as<Strings>();
  const std::string what = words.empty() ? "" : words[0];
  if (what != "show" && what != "explain" && what != "diff")
    throw Error(what.empty() ? "nothing to do" : "cannot '" + what + "'", "sinkmoe config",
                "give show, explain KEY, or diff A B");
  words.erase(words.begin());
  if (what == "diff") return diff(globals, words);
  std::string key;
  if (what == "explain") {
    if (words.empty()) throw Error("no key named", "sinkmoe config explain", "explain train.lr");
    key = words[0];
    words.erase(words.begin());
  }
  const Subject subject =
      subject_of({globals.db, (*values)["experiment"].as<std::string>(),
                  values->count("run") ? (*values)["run"].as<std::string>() : "", words});
  return what == "show" ? show(globals, subject) : explain(globals, subject, key);
}

const Registration<Command> config_command{
    {.name = "config",
     .help = "show the configuration, which layer set a key, or how two differ",
     .usage =
         "show [EXPERIMENT|RUN|override...] | explain KEY [EXPERIMENT|RUN|override...] | diff A B",
     .run = run_config,
     .examples =
         "  sinkmoe config show quick                       # a file of experiments/, or a stored experiment\n"
         "  sinkmoe config explain train.lr quick train.lr=1e-3\n"
         "  sinkmoe config explain train.lr 3fa1            # of a stored run\n"
         "  sinkmoe config diff quick \"model=small train.lr=1e-3\"\n",
     .plans = true}};

}  // namespace

}  // namespace sinkmoe::cli
