// Under which name the runs of a sweep file are stored. Overrides make an experiment of their own, so that a
// narrower or wider sweep never takes the place of the file's own list of runs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sinkmoe::plan {

// `base` without overrides that change the runs; else "base+key=value+key=value", in the order of the keys, where the
// last override of a key counts. The values are written as the program reads them, so that 1e3 and 1000, seeds(2) and 0,1,
// or ~key and the key's default give one name. Keys that change no run (run.threads, ...) are left out. Characters that a
// file name or a shell would stumble over are left out or become '-'; a long name is cut and ends in a hash.
//   quick, {"balance.weight=0, 1e-1", "train.seed=seeds(2)"} -> "quick+balance.weight=0,0.1+train.seed=0,1"
// Throws Error: an override of another form than config::parse_override accepts, an unknown key, a value that does not fit.
std::string experiment_name(const std::string& base, const std::vector<std::string>& overrides);

}  // namespace sinkmoe::plan
