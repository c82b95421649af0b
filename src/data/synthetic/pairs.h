// Shared by the recall tasks: checks of their fields, and distinct random choices.
#pragma once

#include <cstdint>
#include <vector>

#include "config/run_config.h"
#include "core/random.h"

namespace sinkmoe::data {

// `count` distinct numbers of 0 .. from - 1 in random order; count <= from.
std::vector<int64_t> choose(Draw& draw, int64_t from, int64_t count);

// Throws Error: more pairs than `keys`, a row too short for the pairs and the queries, no BOS.
void check_pairs(const config::DataConfig& config, int64_t keys);

}  // namespace sinkmoe::data
