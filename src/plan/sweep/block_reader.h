// Reads one [[sweep.block]]; used by read_experiment alone.
#pragma once

#include <string>
#include <vector>

#include "plan/sweep/experiment.h"

namespace sinkmoe::plan {

// Adds what is wrong to `problems` and goes on.
Block read_block(const config::TomlValue& table, const std::string& path,
                 const std::vector<std::string>& groups, std::vector<Problem>& problems);

// The condition language's view of keys: fields and groups.
ConditionValue condition_type(const std::string& key, const std::vector<std::string>& groups);

}  // namespace sinkmoe::plan
