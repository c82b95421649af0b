// Reads one [[sweep.block]]; used by read_experiment alone.
#pragma once

#include <string>
#include <vector>

#include "plan/sweep/experiment.h"

namespace sinkmoe::plan {

// Adds errors to `problems` and continues.
Block read_block(const config::TomlValue& table, const std::string& path,
                 const std::vector<std::string>& groups, std::vector<Problem>& problems);

// The type of a key in the condition language: a field or a group.
ConditionValue condition_type(const std::string& key, const std::vector<std::string>& groups);

}  // namespace sinkmoe::plan
