// sinkmoe config: the resolved configuration, which layer set a key, and differences of two
// configurations.
#include <fmt/format.h>

#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/table_output.h"
#include "config/compose/canonical.h"
#include "config/compose/override.h"
#include "config/toml/toml_values.h"
#include "core/file.h"
#include "core/text/split_join.h"
#include "core/text/suggest.h"
#include "core/text/utf8.h"
#include "plan/plan.h"

namespace sinkmoe::cli {

namespace {

using Strings = std::vector<std::string>;
using Json = nlohmann::ordered_json;

std::string last_layer(const config::Composed& composed, const std::string& key) {
  return composed.history.at(key).back().layer;
}

int show(const Globals& globals, const config::Composed& composed) {
  Json json;
  for (const config::FieldView& view : config::field_views(composed.config)) {
    if (!view.in_use) continue;
    const std::string layer = last_layer(composed, view.key),
                      value = config::value_text(view.value);
    if (globals.json)
      json[view.key] = {{"value", value},
                        {"type", config::type_name(view.value)},
                        {"default", config::value_text(view.default_value)},
                        {"unit", view.info.unit},
                        {"help", view.info.help},
                        {"layer", layer}};
    else
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

int explain(const Globals& globals, const config::Composed& composed, const std::string& key) {
  const config::FieldView view = find_view(composed.config, key);
  Table table{{"layer", "value", "where"}, {}};
  for (const config::Setting& setting : composed.history.at(view.key))
    table.rows.push_back(
        {setting.layer, setting.reset ? "back to the default" : config::toml_literal(setting.value),
         setting.where});
  if (globals.json) {
    write_table(std::cout, table, TableFormat::json);
    return 0;
  }
  std::cout << printable(fmt::format("{} = {}\n{}\n{}\n\n", view.key,
                                     config::value_text(view.value), view.info.help,
                                     describe(view)));
  write_table(std::cout, table, TableFormat::text);
  return 0;
}

// One side of a comparison: overrides ("model=small train.lr=1e-3"), a file written by `config
// show`, or an experiment.
config::RunConfig side(const std::string& text) {
  plan::PlanRequest request;
  if (text.find('=') != std::string::npos) {
    for (const std::string& part : split(text, ' '))
      if (!part.empty()) request.overrides.push_back(part);
  } else if (std::filesystem::is_regular_file(text) && !text.ends_with(".toml")) {
    return config::parse_canonical(read_file(text, config::kTomlBytes), text);
  } else {
    request.experiment = text;
  }
  return plan::resolve_config(request).config;
}

int diff(const Globals& globals, const Strings& words) {
  if (words.size() != 2)
    throw Error("two configurations expected", "sinkmoe config diff",
                "sinkmoe config diff quick \"model=small train.lr=1e-3\"");
  Table table{{"key", words[0], words[1]}, {}};
  for (const config::Difference& d : config::differences(side(words[0]), side(words[1])))
    table.rows.push_back({d.key, d.a, d.b});
  if (table.rows.empty() && !globals.json)
    std::cout << "no difference\n";
  else
    write_table(std::cout, table, globals.json ? TableFormat::json : TableFormat::text);
  return 0;
}

int run_config(const Globals& globals, const Strings& args) {
  po::options_description options("Options");
  options.add_options()("experiment", po::value<std::string>()->default_value(""),
                        "use the groups and settings of this experiment, without its sweep")(
      "arguments", po::value<Strings>(), "show | explain KEY | diff A B, then overrides");
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
  const config::Composed composed =
      plan::resolve_config({(*values)["experiment"].as<std::string>(), words});
  return what == "show" ? show(globals, composed) : explain(globals, composed, key);
}

const Registration<Command> config_command{
    {.name = "config",
     .help = "show the configuration, which layer set a key, or how two differ",
     .usage = "show [override...] | explain KEY [override...] | diff A B [--experiment NAME]",
     .run = run_config}};

}  // namespace

}  // namespace sinkmoe::cli
