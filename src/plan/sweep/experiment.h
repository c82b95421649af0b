// Reads a sweep file, experiments/NAME.toml, and checks its form.
//
//   name = "quick"                                # optional: the file's name without .toml, nothing else
//   title = "Variants with and without balance"   # optional
//   groups = ["model=tiny", "data=backcopy"]      # options that differ from base.toml
//
//   [set]                                         # keys of every run;
//   train.steps = 500                             # [train] may also stand at the top
//
//   [[sweep.block]]                               # blocks add up; the keys of one block multiply
//   name = "tune"                                 # optional; another block may start here
//   attention.kind = ["vanilla", "sink"]          # a list or one value
//   train.seed = "seeds(5)"                       # or "range(...)", "logspace(...)"
//   model = ["tiny", "small"]                     # a group: the values are its options
//   zip = [["train.lr", "train.warmup"]]          # keys that move together instead of multiplying
//   skip_if = "attention.kind == 'vanilla' && balance.weight != 0"   # or a list of conditions
//   init_from = { train.steps = 500 }             # parent: this point with these settings,
//                                                 # or the block named "tune"
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/compose/layers.h"
#include "config/compose/override.h"
#include "plan/condition/condition.h"

namespace sinkmoe::plan {

// One swept key. For a group, each value is the name of an option.
struct Axis {
  std::string key;
  bool group = false;
  std::vector<config::Setting> values;
};

// The parents of a block's points; no parents if all members are empty.
struct InitFrom {
  std::string block;                      // the name of another block, or
  std::vector<config::Setting> settings;  // settings in which the parent differs from the point
  std::vector<config::GroupChoice> groups;
  std::string where;
  bool set() const { return !where.empty(); }
};

struct Block {
  std::string name, where;
  std::vector<Axis> axes;
  std::vector<std::vector<std::string>> zips;
  std::vector<Condition> skip;
  InitFrom init;
};

struct Experiment {
  std::string name, title, path, toml;
  std::vector<config::GroupChoice> groups;  // the experiment's own, in order
  std::vector<config::Setting> settings;    // [set] and sections, then the command line
  std::vector<Block> blocks;                // at least one
};

// `config_root` is needed to tell groups from misspelt keys. Throws Error with every problem found.
Experiment read_experiment(const std::filesystem::path& path,
                           const std::filesystem::path& config_root);

// The same from a text. `path` is used in errors, and its stem is the name of the experiment.
// `groups` are the known group names.
Experiment parse_experiment(const std::string& toml, const std::filesystem::path& path,
                            const std::vector<std::string>& groups);

// The file for `name`: a path, experiments/NAME.toml, or experiments/local/NAME.toml. Throws Error
// with near names.
std::filesystem::path find_experiment(const std::filesystem::path& name,
                                      const std::filesystem::path& experiment_root);
std::vector<std::string> experiment_names(const std::filesystem::path& experiment_root);

// One value replaces the key everywhere, even if a block sweeps it; several values become (or
// replace) an axis of every block. Throws Error: unknown key, one value for one key of a zip, a path
// with a comma that exists.
void apply_overrides(Experiment& experiment, const std::vector<config::Override>& overrides);

}  // namespace sinkmoe::plan
