// Shared by the recall tasks: checks of their fields, and distinct random choices.
#pragma once

#include <cstdint>
#include <vector>

#include "core/random.h"

namespace sinkmoe::data {

// `count` distinct numbers of 0 .. from - 1 in random order; count <= from.
std::vector<int64_t> choose(Draw& draw, int64_t from, int64_t count);

struct PairOptions {
  int64_t symbols = 63, pairs = 8, queries = 8;
};

// Throws Error: more pairs than `keys`, a row of `context` tokens too short for the pairs and the
// queries.
void check_pairs(const PairOptions& options, int64_t keys, int64_t context);

}  // namespace sinkmoe::data
