// Whether an order of heads zeroes the right ones first: loss increases with k heads zeroed, beside
// those of random heads (C5).
#pragma once

#include <cstdint>
#include <vector>

#include "train/probes/ablation.h"

namespace sinkmoe::train {

// Numbers of zeroed heads that are compared: 1..n/2, or 8 evenly spaced ones of these if n > 16.
std::vector<int64_t> compared_points(int64_t n);

// The sets of k of n heads that stand for random ones: all of them if there are at most 256, else
// the first k heads of each of 256 orders drawn from `seed`.
std::vector<HeadList> random_sets(int64_t n, int64_t k, uint64_t seed);

// Number of predicted tokens on which this is scored, so that the cost of a model is bounded.
int64_t compared_tokens(const config::RunConfig& config);

// Adds ablate/rise_random, its deviation over sets, ablate/rise_NAME of every criterion, and
// probe/area_NAME, the mean over k of ablate/rise_NAME minus ablate/rise_random.
void add_rises(ProbeRowWriter& rows, Ablation& ablation, uint64_t seed,
               const Criteria& criteria_LH);

}  // namespace sinkmoe::train
