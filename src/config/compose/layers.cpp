#include "config/compose/layers.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "config/field_view.h"
#include "config/toml/caret.h"
#include "core/file.h"
#include "core/text/safe_name.h"
#include "core/text/suggest.h"

namespace sinkmoe::config {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const GroupChoice& choice, bool blame_option, const std::string& what,
                         const std::string& fix) {
  Problem problem{what, choice.where, fix};
  const ArgumentSpan& span = choice.argument;
  add_caret(problem, span.text, blame_option ? span.value_at : span.key_at,
            blame_option ? span.value_length : span.key_length);
  throw Error(problem);
}

// A key without its section looks like a group: "lr=1" means train.lr.
std::string group_fix(const fs::path& root, const std::string& group) {
  for (const std::string& key : field_keys())
    if (key.ends_with("." + group)) return "did you mean the key '" + key + "'?";
  return known_names(group, group_names(root));
}

// The folder of private files below `folder`; empty if they are switched off.
fs::path private_corner(const fs::path& folder) {
  const char* mode = std::getenv("SINKMOE_LOCAL");
  return mode && std::string_view(mode) == "off" ? fs::path() : folder / "local";
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::vector<std::string> group_names(const fs::path& root) {
  std::vector<std::string> names;
  for (const std::string& name : folder_names(root))
    if (safe_name(name) && name != kLauncherFolder && fs::is_directory(root / name))
      names.push_back(name);
  return names;
}

std::vector<std::string> option_names(const fs::path& root, const std::string& group) {
  return safe_name(group) ? toml_names(root / group) : std::vector<std::string>{};
}

std::vector<std::string> toml_names(const fs::path& folder) {
  std::vector<std::string> names = file_stems(folder, ".toml");
  const fs::path corner = private_corner(folder);
  if (!corner.empty())
    for (std::string& name : file_stems(corner, ".toml")) names.push_back(std::move(name));
  std::erase_if(names, [](const std::string& name) { return !safe_name(name); });
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

fs::path find_toml(const fs::path& folder, const std::string& name) {
  if (!safe_name(name)) return {};
  const fs::path shared = folder / (name + ".toml"), corner = private_corner(folder);
  const fs::path own = corner.empty() ? corner : corner / (name + ".toml");
  const bool is_own = !own.empty() && fs::exists(own);
  if (!fs::exists(shared)) return is_own ? own : fs::path();
  if (is_own)
    throw Error("two files are called '" + name + "'", shared.string() + " and " + own.string(),
                "rename the private one");
  return shared;
}

std::vector<Setting> settings_of(const TomlValue& table, const std::string& where,
                                 const std::string& layer, const std::string& prefix) {
  std::vector<Setting> settings;
  for (const auto& [name, node] : table.members) {
    const std::string key = prefix.empty() ? name : prefix + "." + name;
    if (node.kind == TomlValue::Kind::kTable) {
      for (Setting& inner : settings_of(node, where, layer, key))
        settings.push_back(std::move(inner));
    } else {
      settings.push_back({key, node, place(where, node), layer});
    }
  }
  return settings;
}

std::vector<GroupChoice> read_groups(const TomlValue& list, const std::string& where) {
  const std::string fix = "write groups = [\"model=small\", \"attention=sink\"]";
  if (list.kind != TomlValue::Kind::kArray)
    throw Error("groups is not a list", place(where, list), fix);
  std::vector<GroupChoice> groups;
  for (const TomlValue& item : list.items) {
    const size_t equals = item.text.find('=');
    if (item.kind != TomlValue::Kind::kString || equals == std::string::npos)
      throw Error("expected \"group=option\", got " + toml_literal(item), place(where, item), fix);
    groups.push_back(
        {item.text.substr(0, equals), item.text.substr(equals + 1), place(where, item)});
  }
  return groups;
}

BaseFile read_base(const fs::path& root) {
  const fs::path path = root / "base.toml";
  if (!fs::exists(path))
    throw Error("no such file", path.string(), "run the program in the project's folder");
  TomlValue table = read_toml(path);
  BaseFile base;
  if (const TomlValue* list = table.find("groups")) {
    for (const GroupChoice& choice : read_groups(*list, path.string())) choose(base.groups, choice);
    std::erase_if(table.members, [](const TomlMember& member) { return member.key == "groups"; });
  }
  base.settings = settings_of(table, path.string(), path.string());
  return base;
}

void choose(std::vector<GroupChoice>& groups, const GroupChoice& choice) {
  for (GroupChoice& old : groups)
    if (old.group == choice.group) {
      old = choice;
      return;
    }
  groups.push_back(choice);
}

std::vector<Setting> read_option(const fs::path& root, const GroupChoice& choice) {
  if (!safe_name(choice.group) || !contains(group_names(root), choice.group))
    refuse(choice, false, "unknown group '" + choice.group + "'", group_fix(root, choice.group));
  const std::vector<std::string> options = option_names(root, choice.group);
  if (!safe_name(choice.option) || !contains(options, choice.option))
    refuse(choice, true, "group '" + choice.group + "' has no option '" + choice.option + "'",
           known_names(choice.option, options));
  const fs::path path = find_toml(root / choice.group, choice.option);
  return settings_of(read_toml(path), path.string(), choice.group + "=" + choice.option);
}

std::vector<Setting> layered(const fs::path& root, const BaseFile& base,
                             const std::vector<GroupChoice>& groups) {
  std::vector<Setting> settings = base.settings;
  std::vector<Problem> problems;
  for (const GroupChoice& choice : groups) {
    try {
      for (Setting& setting : read_option(root, choice)) settings.push_back(std::move(setting));
    } catch (const Error& e) {
      problems.insert(problems.end(), e.problems().begin(), e.problems().end());
    }
  }
  if (!problems.empty()) throw Error(std::move(problems));
  return settings;
}

}  // namespace sinkmoe::config
