#include "cli/configurations/subject.h"

#include <algorithm>
#include <map>

#include "cli/run_lookup.h"
#include "config/compose/canonical.h"
#include "config/compose/layers.h"
#include "config/toml/toml_values.h"
#include "core/file.h"
#include "core/text/quote.h"
#include "store/read/experiments.h"
#include "store/sqlite/database_file.h"

namespace sinkmoe::cli {

namespace {

using Strings = std::vector<std::string>;

// The configuration of a stored run; each field that differs from its default has the layer
// "run RUN_ID".
config::Composed stored_config(const std::filesystem::path& db, const std::string& prefix) {
  const store::Reader reader(db);
  const std::string run = find_run(reader, prefix), name = "run " + run;
  const Table found = reader.query("select config from run where run_id = " + in_quotes(run, '\''));
  const std::string text = to_text(found.rows.at(0).at(0));
  std::vector<config::Setting> settings =
      config::settings_of(config::parse_toml(text, name), name, name);
  config::Composed composed = config::compose(settings, config::ForeignOptions::kept);
  for (const config::FieldView& view : config::field_views(composed.config)) {
    std::vector<config::Setting>& history = composed.history.at(view.key);
    if (view.value == view.default_value) history.resize(1);
  }
  return composed;
}

// A stored experiment: the configuration of its first run, and what differs between its runs.
Subject stored_experiment(const std::filesystem::path& db, const std::string& name) {
  const store::Reader reader(db);
  const std::string of = " from experiment e join experiment_run x on x.experiment = e.id ";
  const std::string where = " where e.name = " + in_quotes(name, '\'');
  const Table first = reader.query("select r.run_id" + of + "join run r on r.id = x.run" + where +
                                   " order by x.ordinal limit 1");
  if (first.rows.empty()) throw Error("its list is empty", "experiment " + name);
  Subject subject{stored_config(db, to_text(first.rows[0][0])), {}};
  std::map<std::string, std::string> keys;  // by the name under which it is stored
  for (const config::FieldView& view : config::field_views(subject.composed.config))
    if (view.in_use || !keys.contains(view.stored)) keys[view.stored] = view.key;
  const Table values =
      reader.query("select k.key, coalesce(p.value, k.fallback) as value" + of +
                   "cross join param_key k left join param p on p.run = x.run and p.key = k.key" +
                   where + " group by k.key, value order by k.ordinal, min(x.ordinal)");
  for (const auto& row : values.rows) {
    const std::string known = to_text(row[0]), key = keys.contains(known) ? keys[known] : known;
    if (subject.swept.empty() || subject.swept.back().key != key)
      subject.swept.push_back({key, "stored runs", {}, "experiment " + name, "database"});
    subject.swept.back().values.push_back(to_text(row[1]));
  }
  std::erase_if(subject.swept, [](const plan::SweptKey& s) { return s.values.size() < 2; });
  return subject;
}

// Words separated by blanks outside quotes.
Strings words_of(const std::string& text) {
  Strings words;
  char quote = 0;
  bool inside = false;
  for (const char c : text) {
    const bool blank = c == ' ' && quote == 0;
    if (!blank && !inside) words.emplace_back();
    inside = !blank;
    if (blank) continue;
    words.back() += c;
    const bool opens =
        quote == 0 && (words.back().size() < 2 || words.back()[words.back().size() - 2] == '=' ||
                       words.back()[words.back().size() - 2] == ',');
    if (c == quote)
      quote = 0;
    else if ((c == '"' || c == '\'') && opens)
      quote = c;
  }
  return words;
}

// True for the name of an experiment of the database, which may contain overrides:
// "quick+train.lr=0.004".
bool is_stored_experiment(const std::filesystem::path& db, const std::string& text) {
  if (text.find('+') > text.find('=')) return false;  // overrides, the usual case
  if (store::inspect_database(db) != store::FileState::ours) return false;
  const Strings names = store::experiment_names(store::Reader(db));
  return std::binary_search(names.begin(), names.end(), text);
}

bool is_experiment_file(const plan::PlanRequest& request, const std::string& text) {
  return text.ends_with(".toml") || text.find('/') != std::string::npos ||
         !config::find_toml(request.experiment_root, text).empty();
}

}  // namespace

Subject subject_called(const std::filesystem::path& db, const std::string& text) {
  plan::PlanRequest request;
  const bool stored_name = is_stored_experiment(db, text);
  if (text.find('=') != std::string::npos && !stored_name) {
    for (const std::string& part : words_of(text)) request.overrides.push_back(part);
  } else if (std::filesystem::is_regular_file(text) && !text.ends_with(".toml")) {
    const config::TomlValue file = config::parse_toml(read_file(text, config::kTomlBytes), text);
    return {config::compose(config::settings_of(file, text, text), config::ForeignOptions::kept),
            {}};
  } else if (is_experiment_file(request, text)) {
    request.experiment = text;
  } else if (stored_name) {
    return stored_experiment(db, text);
  } else if (looks_like_run(text)) {
    return {stored_config(db, text), {}};
  } else {
    request.experiment = text;  // which says that there is no such file
  }
  return {plan::resolve_config(request), plan::swept_keys(request)};
}

Subject subject_of(const SubjectRequest& request) {
  const std::filesystem::path& db = request.db;
  std::string experiment = request.experiment;
  Strings overrides = request.words;
  // A word that is no override names an experiment or a run.
  if (!overrides.empty() && !overrides[0].starts_with('~') && experiment.empty() &&
      request.run.empty() &&
      (overrides[0].find('=') == std::string::npos || is_stored_experiment(db, overrides[0]))) {
    const std::string name = overrides[0];
    if (overrides.size() == 1) return subject_called(db, name);
    if (!is_experiment_file({}, name))
      throw Error("'" + name + "' is stored, and overrides change files of experiments/ only",
                  "sinkmoe config", "leave the overrides out");
    experiment = name;
    overrides.erase(overrides.begin());
  }
  if (request.run.empty()) {
    const plan::PlanRequest plan{experiment, overrides};
    return {plan::resolve_config(plan), plan::swept_keys(plan)};
  }
  if (!experiment.empty() || !overrides.empty())
    throw Error("a stored run has one configuration", "--run",
                "leave out --experiment and overrides");
  return {stored_config(db, request.run), {}};
}

}  // namespace sinkmoe::cli
