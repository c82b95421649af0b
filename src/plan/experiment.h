// A sweep file as it stands, checked for form: experiments/NAME.toml.
//
//   name = "quick"                              # default: the file's name
//   title = "Variants with and without balance"
//   groups = ["model=tiny", "data=backcopy"]    # options that differ from configs/base.toml
//   [set]                                       # config keys; or top-level tables [train],
//   [model], ... train.steps = 500
//   [[sweep.block]]                             # blocks unite; keys inside a block multiply
//   name = "tune"                               # optional; for init_from of another block
//   attention.kind = ["vanilla", "sink"]        # a list, one value, or "seeds(5)", "range(..)",
//   "logspace(..)" model = ["tiny", "small"]                   # a group: its options zip =
//   [["a.b", "c.d"]]                      # these keys move together skip_if = "attention.kind ==
//   'vanilla' && balance.weight != 0"     # or a list of conditions init_from = { train.steps = 500
//   }           # parent: this point with these settings; or a block's name
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/layers.h"
#include "config/override.h"
#include "plan/condition.h"

namespace sinkmoe {

// One swept key. For a group, `value` of each setting is an option's name as it is.
struct Axis {
  std::string key;
  bool group = false;
  std::vector<Setting> values;
};

// Where the points of a block start from; nothing when all members are empty.
struct InitFrom {
  std::string block;              // the name of another block, or
  std::vector<Setting> settings;  // what the parent has otherwise than the point
  std::vector<GroupChoice> groups;
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
  std::vector<GroupChoice> groups;  // the experiment's own, in order
  std::vector<Setting> settings;    // [set] and sections, then the command line
  std::vector<Block> blocks;        // at least one
};

// `config_root` tells groups from misspelt keys. Throws Error with every problem found.
Experiment read_experiment(const std::filesystem::path& path,
                           const std::filesystem::path& config_root);

// The path of `name`: a path of a file, or experiments/NAME.toml. Throws Error with near names.
std::filesystem::path find_experiment(const std::filesystem::path& name,
                                      const std::filesystem::path& experiment_root);
std::vector<std::string> experiment_names(const std::filesystem::path& experiment_root);

// One value replaces the key everywhere, also where a block sweeps it; several values become (or
// replace) an axis of every block. Throws Error: unknown key.
void apply_overrides(Experiment& experiment, const std::vector<Override>& overrides);

}  // namespace sinkmoe
