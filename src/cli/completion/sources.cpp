#include "cli/completion/sources.h"

#include <algorithm>

#include "config/compose/layers.h"
#include "config/field_view.h"
#include "core/file.h"
#include "core/registry.h"
#include "core/text/split_join.h"
#include "report/spec/spec.h"
#include "store/read/query.h"

namespace sinkmoe::cli {

namespace {

namespace fs = std::filesystem;

constexpr const char* kConfigs = "configs";

std::vector<Candidate> plain(const std::vector<std::string>& names) {
  std::vector<Candidate> list;
  for (const std::string& name : names) list.push_back({name, ""});
  return list;
}

// The first two columns of a query; nothing if the database cannot be read.
std::vector<Candidate> stored_names(const fs::path& db, const std::string& sql) {
  std::vector<Candidate> list;
  try {
    if (!fs::exists(db)) return list;
    for (const auto& row : store::Reader(db).query(sql, {.seconds = 1}).rows)
      list.push_back({to_text(row[0]), to_text(row[1])});
  } catch (const Error&) {
    list.clear();
  }
  return list;
}

std::vector<Candidate> experiments(const fs::path& db, bool plans) {
  if (plans) return plain(config::toml_names("experiments"));
  return stored_names(db, "select name, title from experiment order by id");
}

// A field or an option of a plug-in with the values it may have.
struct Key {
  std::string name, help;
  std::vector<std::string> values;
};

Key described_key(const std::string& name, const FieldInfo& info, bool boolean) {
  Key key{name, info.help, info.choices};
  if (*info.plugin) key.values = plugin_names(info.plugin);
  if (boolean) key.values = {"true", "false"};
  return key;
}

std::vector<Key> all_keys() {
  std::vector<Key> keys;
  const config::RunConfig defaults;
  config::for_each_field(
      defaults, [&](const std::string& name, const FieldInfo& info, const auto& value) {
        using Value = std::remove_cvref_t<decltype(value)>;
        keys.push_back(
            described_key(name, config::with_choices<Value>(info), std::is_same_v<Value, bool>));
      });
  for (const std::string& name : config::field_keys())
    for (const config::OptionName& option : config::options_named(name))
      if (option.key() == name)
        keys.push_back(described_key(name, option.option.info,
                                     std::holds_alternative<bool>(option.option.default_value)));
  return keys;
}

std::vector<Candidate> keys() {
  std::vector<Candidate> list;
  for (const Key& key : all_keys()) list.push_back({key.name, key.help});
  return list;
}

// Values of a key, or options of a group.
std::vector<std::string> known_values(const std::string& name) {
  const std::vector<std::string> groups = config::group_names(kConfigs);
  if (std::find(groups.begin(), groups.end(), name) != groups.end())
    return config::option_names(kConfigs, name);
  for (const Key& key : all_keys())
    if (key.name == name) return key.values;
  return {};
}

}  // namespace

std::vector<Candidate> names_for(const std::string& placeholder, const fs::path& db,
                                 bool plans) try {
  if (placeholder.find('|') != std::string::npos) {
    std::vector<Candidate> list;
    for (const std::string& one : split(placeholder, '|'))
      for (Candidate& c : names_for(one, db, plans)) list.push_back(std::move(c));
    return list;
  }
  if (placeholder == "EXPERIMENT") return experiments(db, plans);
  if (placeholder == "TAG") return stored_names(db, "select distinct tag, '' from tag order by 1");
  if (placeholder == "ARTIFACT") return plain(report::spec_names("plots"));
  if (placeholder == "QUERY") return plain(file_stems("results/queries", ".sql"));
  if (placeholder == "KEY") return keys();
  if (placeholder == "RUN")
    return stored_names(db, "select run_id, status || ' ' || label from run order by id desc");
  if (placeholder == "METRIC")
    return stored_names(db, "select name, help from metric_name order by name");
  return {};
} catch (const Error&) {
  return {};  // a folder that cannot be read
}

std::vector<Candidate> override_candidates(const std::string& word) {
  const size_t signs = std::min(word.find_first_not_of("+~"), word.size());
  const std::string sign = word.substr(0, signs), rest = word.substr(signs);
  const size_t equals = rest.find('=');
  std::vector<Candidate> list;
  if (equals == std::string::npos) {
    const char* end = sign == "~" ? "" : "=";
    for (const Candidate& key : keys()) list.push_back({sign + key.text + end, key.help});
    if (sign.empty())
      for (const std::string& group : config::group_names(kConfigs))
        list.push_back({group + "=", "group of settings"});
    return list;
  }
  const size_t comma = rest.rfind(',');
  const std::string before =
      sign + rest.substr(0, comma == std::string::npos ? equals + 1 : comma + 1);
  const std::vector<std::string> given =
      comma == std::string::npos ? std::vector<std::string>{}
                                 : split(rest.substr(equals + 1, comma - equals - 1), ',');
  for (const std::string& value : known_values(rest.substr(0, equals)))
    if (std::find(given.begin(), given.end(), value) == given.end())
      list.push_back({before + value, ""});
  return list;
}

}  // namespace sinkmoe::cli
