// The short form of docs/sweeps.md, for the help of the commands that take an experiment.
#pragma once

namespace sinkmoe::cli {

inline constexpr const char* kOverrideHelp =
    "  sinkmoe plan quick train.lr=1e-3,3e-3   # what would be trained, and for how long\n"
    "  sinkmoe run quick train.lr=1e-3,3e-3 --workers 2\n\n"
    "Overrides (docs/sweeps.md has every form, with examples):\n"
    "  train.lr=1e-3                   one value for every run of the experiment\n"
    "  train.lr=1e-3,3e-3              several values: a sweep\n"
    "  train.seed=seeds(5)             0 to 4; also range(0,1,0.25), logspace(1e-4,1e-2,3)\n"
    "  ~train.lr                       back to the default\n"
    "  model=tiny,small                options of a group: configs/model/NAME.toml\n"
    "  data.path='\"data/a,b\"'         quotes around a value with commas\n"
    "Lists, zip, skip_if, init_from and several blocks stand in a sweep file, experiments/NAME.toml.\n";

}  // namespace sinkmoe::cli
