// Checks that involve more than one field.
#pragma once

#include <string>
#include <vector>

#include "config/run_config.h"
#include "core/error.h"

namespace sinkmoe::config {

struct Inconsistency {
  std::vector<std::string> keys;  // the fields that disagree; first the one to change
  Problem problem;                // `where` is empty
};

std::vector<Inconsistency> find_inconsistencies(const RunConfig& config);

// What can be computed but is hardly meant, such as a warm-up that is longer than the training. `where` is empty.
std::vector<Problem> doubts(const RunConfig& config);

}  // namespace sinkmoe::config
