#include "plan/sweep/experiment.h"

#include <algorithm>

#include "config/field_view.h"
#include "config/toml/caret.h"
#include "core/file.h"
#include "core/text/safe_name.h"
#include "core/text/split_join.h"
#include "core/text/suggest.h"
#include "plan/sweep/block_reader.h"

namespace sinkmoe::plan {

namespace {

namespace fs = std::filesystem;

std::vector<std::string> section_names() {
  std::vector<std::string> names;
  const config::RunConfig config;
  config::sections(config, [&](const char* name, const auto&) { names.emplace_back(name); });
  return names;
}

class ExperimentReader {
 public:
  ExperimentReader(const std::string& toml, const fs::path& path, std::vector<std::string> groups)
      : groups_(std::move(groups)) {
    experiment_.path = path.string();
    experiment_.name = path.stem().string();
    experiment_.toml = toml;
  }

  Experiment read() {
    const config::TomlValue file = config::parse_toml(experiment_.toml, experiment_.path);
    if (file.members.empty())
      throw Error("the sweep file is empty", experiment_.path,
                  "write [[sweep.block]] and keys below it; docs/sweeps.md shows how");
    for (const auto& [key, node] : file.members) read_entry(key, node);
    if (!safe_name(experiment_.name))
      problems_.push_back({"the experiment's name is not a plain name", experiment_.path,
                           "use letters, digits, '.', '_' and '-'"});
    if (experiment_.blocks.empty()) experiment_.blocks.push_back({"", experiment_.path});
    check_settings();
    if (!problems_.empty()) throw Error(std::move(problems_));
    return std::move(experiment_);
  }

 private:
  void read_entry(const std::string& key, const config::TomlValue& node) {
    const std::vector<std::string> sections = section_names();
    if (key == "name" || key == "title") {
      key == "name" ? check_name(node) : read_text(key, node, experiment_.title);
    } else if (key == "groups") {
      collect([&] { experiment_.groups = config::read_groups(node, experiment_.path); });
    } else if (key == "set") {
      add_settings(node, "");
    } else if (key == "sweep") {
      read_sweep(node);
    } else if (std::find(sections.begin(), sections.end(), key) != sections.end()) {
      add_settings(node, key);
    } else if (key.find('.') != std::string::npos) {
      experiment_.settings.push_back(
          {key, node, config::place(experiment_.path, node), "experiment"});
    } else {
      std::vector<std::string> known = sections;
      for (const char* name : {"name", "title", "groups", "set", "sweep"}) known.push_back(name);
      complain(node, "unknown key '" + key + "'", did_you_mean(key, known));
    }
  }

  void complain(const config::TomlValue& node, const std::string& what,
                const std::string& fix = "") {
    problems_.push_back({what, config::place(experiment_.path, node), fix});
  }

  template <class F>
  void collect(F&& read) {
    try {
      read();
    } catch (const Error& e) {
      problems_.insert(problems_.end(), e.problems().begin(), e.problems().end());
    }
  }

  // A copied file would keep the name of its original, and nobody would find its runs.
  void check_name(const config::TomlValue& node) {
    std::string name = experiment_.name;
    read_text("name", node, name);
    if (name != experiment_.name)
      complain(node,
               "name is '" + name + "', but an experiment is called as its file: '" +
                   experiment_.name + "'",
               "leave the line out, or call the file " + name + ".toml");
  }

  void read_text(const std::string& key, const config::TomlValue& node, std::string& text) {
    if (node.kind != config::TomlValue::Kind::kString)
      complain(node, key + " is not a text");
    else
      text = node.text;
  }

  void add_settings(const config::TomlValue& node, const std::string& prefix) {
    if (node.kind == config::TomlValue::Kind::kString)
      return complain(node, "expected a table of config keys",
                      "for an option write groups = [\"" + prefix + "=" + node.text + "\"]");
    if (node.kind != config::TomlValue::Kind::kTable)
      return complain(node, "expected a table of config keys", "write [set] and keys below it");
    for (config::Setting& setting :
         config::settings_of(node, experiment_.path, "experiment", prefix))
      experiment_.settings.push_back(std::move(setting));
  }

  void read_sweep(const config::TomlValue& node) {
    for (const auto& [key, blocks] : node.members) {
      if (key != "block" || blocks.kind != config::TomlValue::Kind::kArray) {
        complain(blocks, "expected [[sweep.block]], got sweep." + key);
        continue;
      }
      for (const config::TomlValue& block : blocks.items) {
        if (block.kind != config::TomlValue::Kind::kTable)
          complain(block, "a block is a table");
        else
          experiment_.blocks.push_back(read_block(block, experiment_.path, groups_, problems_));
      }
    }
    if (node.kind != config::TomlValue::Kind::kTable) complain(node, "expected [[sweep.block]]");
  }

  void check_settings() {
    config::RunConfig scratch;
    for (const config::Setting& setting : experiment_.settings)
      if (auto problem = config::apply(scratch, setting)) problems_.push_back(*problem);
  }

  std::vector<std::string> groups_;
  Experiment experiment_;
  std::vector<Problem> problems_;
};

void drop_axis(Block& block, const std::string& key) {
  std::erase_if(block.axes, [&](const Axis& axis) { return axis.key == key; });
  for (auto& zip : block.zips) std::erase(zip, key);
  std::erase_if(block.zips, [](const auto& zip) { return zip.empty(); });
}

// One value for one key of a zip would leave the others to vary alone.
std::optional<Problem> half_zip(const Experiment& experiment,
                                const std::vector<config::Override>& overrides,
                                const config::Override& override) {
  const auto fixed = [&](const std::string& key) {
    return std::any_of(overrides.begin(), overrides.end(), [&](const config::Override& o) {
      return o.key == key && o.settings.size() == 1;
    });
  };
  if (override.settings.size() > 1) return {};
  for (const Block& block : experiment.blocks)
    for (const auto& zip : block.zips) {
      if (std::find(zip.begin(), zip.end(), override.key) == zip.end()) continue;
      if (std::all_of(zip.begin(), zip.end(), fixed)) continue;
      Problem problem{
          "'" + override.key + "' moves together with other keys: zip of " + join(zip, ", "),
          override.settings[0].where, "give one value for each of them, or lists of equal length"};
      const config::ArgumentSpan& span = override.settings[0].argument;
      config::add_caret(problem, span.text, span.key_at, span.key_length);
      return problem;
    }
  return {};
}

// data.path=a,b sweeps over two folders, but a folder may have a comma in its name.
std::optional<Problem> cut_path(const config::Override& override) {
  if (override.settings.size() < 2 || config::field_type(override.key) != "string") return {};
  const config::ArgumentSpan& span = override.settings[0].argument;
  const std::string text = span.text.substr(std::min(span.text.find('=') + 1, span.text.size()));
  std::error_code none;
  if (!fs::exists(text, none)) return {};
  return Problem{"'" + text + "' is there, but a comma separates values",
                 override.settings[0].where, "write " + override.key + "='\"" + text + "\"'"};
}

void put_axis(Block& block, const config::Override& override) {
  for (Axis& axis : block.axes)
    if (axis.key == override.key) {
      axis.values = override.settings;
      return;
    }
  block.axes.push_back({override.key, override.group, override.settings});
}

std::optional<Problem> apply_override(Experiment& experiment, const config::Override& override) {
  if (!override.group)
    for (const config::Setting& setting : override.settings) {
      config::RunConfig scratch;
      if (auto problem = config::apply(scratch, setting)) return problem;
    }
  const bool sweeps = override.settings.size() > 1;
  for (Block& block : experiment.blocks)
    if (sweeps)
      put_axis(block, override);
    else
      drop_axis(block, override.key);
  const config::Setting& first = override.settings[0];
  if (!sweeps && !override.group) experiment.settings.push_back(first);
  if (!sweeps && override.group)
    config::choose(experiment.groups,
                   {override.key, first.value.text, first.where, first.argument});
  return {};
}

}  // namespace

Experiment read_experiment(const fs::path& path, const fs::path& config_root) {
  return parse_experiment(read_file(path, config::kTomlBytes), path,
                          config::group_names(config_root));
}

Experiment parse_experiment(const std::string& toml, const fs::path& path,
                            const std::vector<std::string>& groups) {
  return ExperimentReader(toml, path, groups).read();
}

std::vector<std::string> experiment_names(const fs::path& experiment_root) {
  return config::toml_names(experiment_root);
}

fs::path find_experiment(const fs::path& name, const fs::path& experiment_root) {
  if (name.extension() == ".toml" || name.has_parent_path()) return name;
  const std::string text = name.string();
  if (const fs::path path = config::find_toml(experiment_root, text); !path.empty()) return path;
  const std::vector<std::string> names = experiment_names(experiment_root);
  std::string known = did_you_mean(text, names);
  if (known.empty())
    for (const std::string& n : names) known += (known.empty() ? "known: " : ", ") + n;
  throw Error("no experiment '" + text + "'", experiment_root.string(), known);
}

void apply_overrides(Experiment& experiment, const std::vector<config::Override>& overrides) {
  std::vector<Problem> problems;
  for (const config::Override& override : overrides) {
    if (auto problem = half_zip(experiment, overrides, override)) problems.push_back(*problem);
    if (auto problem = cut_path(override)) problems.push_back(*problem);
  }
  if (!problems.empty()) throw Error(std::move(problems));
  for (const config::Override& override : overrides)
    if (auto problem = apply_override(experiment, override)) problems.push_back(*problem);
  if (!problems.empty()) throw Error(std::move(problems));
}

}  // namespace sinkmoe::plan
