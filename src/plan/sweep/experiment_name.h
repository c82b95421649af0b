// Under which name the runs of a sweep file are stored. Overrides make an experiment of their own, so that a
// narrower or wider sweep never takes the place of the file's own list of runs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sinkmoe::plan {

// `base` without overrides that change the runs; else "base+key=value+key=value", in the order of the keys, where the
// last override of a key counts. Keys that change no run (run.threads, ...) are left out. Characters that a file name
// or a shell would stumble over are left out or become '-'; a long name is cut and ends in a hash. "~key" becomes "key=default".
//   quick, {"balance.weight=0, 0.1", "train.seed=seeds(5)"} -> "quick+balance.weight=0,0.1+train.seed=seeds5"
// The overrides must have the form that config::parse_override accepts.
std::string experiment_name(const std::string& base, const std::vector<std::string>& overrides);

}  // namespace sinkmoe::plan
