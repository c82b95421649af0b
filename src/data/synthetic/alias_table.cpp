#include "data/synthetic/alias_table.h"

#include <cassert>
#include <cmath>
#include <numeric>

namespace sinkmoe::data {

AliasTable::AliasTable(std::span<const double> weights, int64_t width)
    : width_(width), entries_(weights.size()) {
  assert(width > 0 && weights.size() % static_cast<size_t>(width) == 0);
  const auto n = static_cast<size_t>(width);
  for (size_t at = 0; at < weights.size(); at += n)
    fill_row(weights.subspan(at, n), std::span(entries_).subspan(at, n));
}

// Pairs each symbol below the average with one above it, whose surplus fills the gap (Vose's
// order).
void AliasTable::fill_row(std::span<const double> weights, std::span<Entry> entries) const {
  const double scale =
      static_cast<double>(weights.size()) / std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<double> left(weights.size());
  std::vector<size_t> small, large;
  for (size_t i = 0; i < weights.size(); ++i) {
    left[i] = weights[i] * scale;
    entries[i] = {UINT64_MAX, static_cast<int32_t>(i)};
    (left[i] < 1 ? small : large).push_back(i);
  }
  while (!small.empty() && !large.empty()) {
    const size_t s = small.back(), l = large.back();
    small.pop_back();
    entries[s] = {static_cast<uint64_t>(std::ldexp(left[s], 64)), static_cast<int32_t>(l)};
    left[l] -= 1 - left[s];
    if (left[l] < 1) {
      large.pop_back();
      small.push_back(l);
    }
  }
}

}  // namespace sinkmoe::data
