// The points of a block: one value per axis, zipped axes together.
#pragma once

#include <cstdint>
#include <vector>

#include "plan/sweep/experiment.h"

namespace sinkmoe::plan {

inline constexpr int64_t kMostPoints = 100'000;

using Pick = std::vector<uint32_t>;  // index into the values of each axis

// Number of points of all blocks, computed without listing them. Throws Error: zipped keys of
// different lengths, a zipped key that the block does not sweep or that is zipped twice, more than
// 100,000 points.
int64_t count_points(const std::vector<Block>& blocks);

// All points in the order of the file; the last axis varies fastest. Call count_points first.
std::vector<Pick> points_of(const Block& block);

}  // namespace sinkmoe::plan
