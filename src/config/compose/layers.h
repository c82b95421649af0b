// Reads the layers below the experiment: configs/base.toml and one option file per group.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/compose/compose.h"
#include "config/toml/toml_values.h"

namespace sinkmoe::config {

// "model=small", and where it was chosen.
struct GroupChoice {
  std::string group, option, where;
  ArgumentSpan argument = {};
};

// base.toml: `groups = ["model=small", ...]` lists the groups in order, with their default options;
// the other keys are settings below all groups.
struct BaseFile {
  std::vector<GroupChoice> groups;
  std::vector<Setting> settings;
};
BaseFile read_base(const std::filesystem::path& root);

// The list `groups = [...]` of a file. Throws Error for anything except texts of the form
// "group=option".
std::vector<GroupChoice> read_groups(const TomlValue& list, const std::string& where);

// The last choice of a group wins and keeps the group's place in the order; a new group comes last.
void choose(std::vector<GroupChoice>& groups, const GroupChoice& choice);

// Settings of the chosen option. Throws Error: unknown group or option (near names), a name that is
// not a plain name.
std::vector<Setting> read_option(const std::filesystem::path& root, const GroupChoice& choice);

// Base settings, then every group in order. Throws Error with the problems of all files.
std::vector<Setting> layered(const std::filesystem::path& root, const BaseFile& base,
                             const std::vector<GroupChoice>& groups);

// The folder of files that say how a sweep is started (queue/launcher/options.h); it is no group of a run's settings.
inline constexpr const char* kLauncherFolder = "launcher";
// Folders of `root` / TOML files of root/group, sorted.
std::vector<std::string> group_names(const std::filesystem::path& root);
std::vector<std::string> option_names(const std::filesystem::path& root, const std::string& group);
std::vector<std::string> toml_names(const std::filesystem::path& folder);

// folder/NAME.toml, else folder/local/NAME.toml; an empty path if there is neither. Throws Error if
// both exist. "local" is the private corner of experiments/, plots/ and every group: git ignores
// it, and toml_names() includes it. With SINKMOE_LOCAL=off in the environment, both leave it out.
std::filesystem::path find_toml(const std::filesystem::path& folder, const std::string& name);

// One setting per leaf of a table, keys joined with dots, in the order of the file. A leaf may be a
// list; apply() refuses it where one value is needed.
std::vector<Setting> settings_of(const TomlValue& table, const std::string& where,
                                 const std::string& layer, const std::string& prefix = "");

}  // namespace sinkmoe::config
