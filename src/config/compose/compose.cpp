#include "config/compose/compose.h"

#include <set>

#include "config/consistency.h"
#include "config/field_view.h"
#include "config/plugins/foreign.h"
#include "config/toml/caret.h"
#include "core/text/suggest.h"

namespace sinkmoe::config {

namespace {

Problem unknown_key(const Setting& setting) {
  std::string fix = did_you_mean(setting.key, field_keys());
  if (fix.empty()) fix = "'sinkmoe config show' lists every key";
  Problem problem{"unknown key '" + setting.key + "'", setting.where, fix};
  add_caret(problem, setting.argument.text, setting.argument.key_at, setting.argument.key_length);
  return problem;
}

// Checks the setting and puts its value into `value`.
template <class T>
std::optional<Problem> assign_setting(const Setting& setting, const FieldInfo& info, T& value) {
  std::optional<Problem> problem = assign(setting.key, info, setting.value, value);
  if (!problem) return {};
  problem->where = setting.where;
  const ArgumentSpan& span = setting.argument;
  add_caret(*problem, span.text, span.value_at, span.value_length);
  return problem;
}

// Calls f(FieldInfo, value) for the field `key`; false if there is no such field.
template <class F>
bool with_field(RunConfig& config, const std::string& key, F&& f) {
  bool found = false;
  sections(config, [&](const std::string& section, auto& part) {
    if (found || !key.starts_with(section + ".")) return;
    const std::string name = key.substr(section.size() + 1);
    fields(part, [&](const FieldInfo& info, auto& value) {
      if (found || name != info.key) return;
      found = true;
      f(info, value);
    });
  });
  return found;
}

PluginOptions& options_of_section(RunConfig& config, const std::string& section) {
  PluginOptions* found = nullptr;
  for_each_choice(config, [&](const std::string& name, const std::string&, PluginOptions& options) {
    if (name == section) found = &options;
  });
  return *found;
}

std::optional<Problem> apply_option(RunConfig& config, const Setting& setting) {
  const std::vector<OptionName> named = options_named(setting.key);
  if (named.empty()) return unknown_key(setting);
  PluginOptions& options = options_of_section(config, named[0].section);
  for (const OptionName& name : named) {
    FieldValue value = name.option.default_value;
    if (!setting.reset)
      if (auto problem = assign_setting(setting, name.option.info, value)) return problem;
    options.set(name.plugin, name.option.info.key, std::move(value), setting.key != name.key());
  }
  return {};
}

// Adds the place of the last setting of a disagreeing field; arguments come before files. Without a
// setting the defaults disagree, and `what` is enough.
Problem located(Inconsistency found, const std::map<std::string, std::vector<Setting>>& history) {
  const Setting* blamed = nullptr;
  for (const std::string& key : found.keys) {
    const Setting& last = history.at(key).back();
    if (last.where.empty()) continue;
    const bool better = blamed && blamed->argument.text.empty() && !last.argument.text.empty();
    if (!blamed || better) blamed = &last;
  }
  if (!blamed) return found.problem;
  found.problem.where = blamed->where;
  const ArgumentSpan& span = blamed->argument;
  add_caret(found.problem, span.text, span.value_at, span.value_length);
  return found.problem;
}

std::map<std::string, std::vector<Setting>> default_history() {
  std::map<std::string, std::vector<Setting>> history;
  const auto add = [&](const std::string& key, const FieldValue& value) {
    history[key] = {{key, toml_value(value), "", "default"}};
  };
  const RunConfig defaults;
  for (const FieldView& view : field_views(defaults)) add(view.key, view.value);
  for_each_choice(
      defaults, [&](const std::string& section, const std::string&, const PluginOptions& options) {
        for (const OptionName& name : options_in(section, options.kind()))
          add(name.key(), name.option.default_value);
      });
  return history;
}

// The keys of the fields and options that a setting sets.
std::vector<std::string> keys_set(const Setting& setting) {
  std::vector<std::string> keys;
  for (const OptionName& name : options_named(setting.key)) keys.push_back(name.key());
  if (keys.empty()) keys.push_back(setting.key);
  return keys;
}

}  // namespace

std::optional<Problem> apply(RunConfig& config, const Setting& setting) {
  std::optional<Problem> problem;
  const bool found = with_field(config, setting.key, [&](const FieldInfo& info, auto& value) {
    if (setting.reset)
      from_field_value(field_value({}, setting.key), value);
    else
      problem = assign_setting(setting, info, value);
  });
  return found ? problem : apply_option(config, setting);
}

Composed compose(const std::vector<Setting>& settings, ForeignOptions foreign) {
  Composed composed{{}, default_history()};
  std::vector<Problem> problems;
  std::set<std::string> failed;
  for (const Setting& setting : settings) {
    if (auto problem = apply(composed.config, setting)) {
      problems.push_back(std::move(*problem));
      for (const std::string& key : keys_set(setting)) failed.insert(key);
    } else {
      for (const std::string& key : keys_set(setting)) composed.history[key].push_back(setting);
    }
  }
  std::vector<Inconsistency> disagreements = find_inconsistencies(composed.config);
  if (foreign == ForeignOptions::refused)
    for (Inconsistency& found : find_foreign_options(composed.config))
      disagreements.push_back(std::move(found));
  for (Inconsistency& found : disagreements) {
    // A refused field still has an older value, which the user did not mean.
    bool sound = true;
    for (const std::string& key : found.keys) sound = sound && !failed.contains(key);
    if (sound) problems.push_back(located(std::move(found), composed.history));
  }
  if (!problems.empty()) throw Error(std::move(problems));
  return composed;
}

}  // namespace sinkmoe::config
