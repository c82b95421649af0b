// Lists of values in a sweep: seeds(5), range(0, 1, 0.25), logspace(1e-4, 1e-1, 4).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/toml/toml_values.h"

namespace sinkmoe::config {

inline constexpr int64_t kMostSweepValues = 100'000;

// The values of a call; empty if `text` is not a call. seeds(n): 0 .. n-1. range(a, b, step): from
// a, below b. logspace(a, b, n): n values from a to b in equal ratios. Values in between are
// rounded to 12 significant digits, so that logspace(1e-4, 1e-1, 4) contains exactly 0.001. Throws
// Error: unknown function, wrong arguments, over 100,000 values.
std::vector<TomlValue> expand_call(const std::string& text, const std::string& where);

}  // namespace sinkmoe::config
