#include "config/compose/compose.h"

#include <set>

#include "config/consistency.h"
#include "config/field_value.h"
#include "config/field_view.h"
#include "config/plugins/foreign.h"
#include "config/toml/caret.h"

namespace sinkmoe::config {

namespace {

Problem unknown_key(const Setting& setting) {
  std::string fix = did_you_mean(setting.key, field_keys());
  if (fix.empty()) fix = "'sinkmoe config show' lists every key";
  Problem problem{"unknown key '" + setting.key + "'", setting.where, fix};
  add_caret(problem, setting.argument.text, setting.argument.key_at, setting.argument.key_length);
  return problem;
}

// Calls f(FieldInfo, value, default value) for the field `key`; false if there is no such field.
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

template <class T>
T default_of(const std::string& key) {
  static const RunConfig defaults{};
  T result{};
  for_each_field(defaults, [&](const std::string& name, const FieldInfo&, const auto& value) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(value)>, T>)
      if (name == key) result = value;
  });
  return result;
}

std::optional<Problem> parse_and_assign(const Setting& setting, const FieldInfo& info,
                                        auto& value) {
  if (setting.reset) {
    value = default_of<std::remove_reference_t<decltype(value)>>(setting.key);
    return {};
  }
  std::optional<Problem> problem;
  try {
    problem = assign(setting.key, info, parse_toml_scalar(setting.value, setting.where), value);
  } catch (const Error& e) {
    problem = Problem{setting.key + " wants one value, got " + setting.value, "", ""};
  }
  if (!problem) return {};
  problem->where = setting.where;
  const ArgumentSpan& span = setting.argument;
  add_caret(*problem, span.text, span.value_at, span.value_length);
  return problem;
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
  for (const FieldView& view : field_views({}))
    history[view.key] = {{view.key, view.default_value, "", "default"}};
  return history;
}

}  // namespace

std::optional<Problem> apply(RunConfig& config, const Setting& setting) {
  std::optional<Problem> problem;
  const bool found = with_field(config, setting.key, [&](const FieldInfo& info, auto& value) {
    problem = parse_and_assign(setting, info, value);
  });
  return found ? problem : unknown_key(setting);
}

Composed compose(const std::vector<Setting>& settings, ForeignOptions foreign) {
  Composed composed{{}, default_history()};
  std::vector<Problem> problems;
  std::set<std::string> failed;
  for (const Setting& setting : settings) {
    if (auto problem = apply(composed.config, setting)) {
      problems.push_back(std::move(*problem));
      failed.insert(setting.key);
    } else {
      composed.history[setting.key].push_back(setting);
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
