#include "train/probes/random_subsets.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/random.h"

namespace sinkmoe::train {

namespace {

constexpr int64_t kSets = 256;          // at least so many sets, or all
constexpr int64_t kMostHeads = 16;      // up to here, every k is compared
constexpr int64_t kPoints = 8;          // else so many
constexpr int64_t kBudget = 4'000'000;  // tokens times sets
constexpr int64_t kFewestTokens = 1024, kMostTokens = 16384;

// n over k, or kSets + 1 if it is more than kSets.
int64_t count_subsets(int64_t n, int64_t k) {
  int64_t count = 1;
  for (int64_t i = 1; i <= std::min(k, n - k); ++i) {
    count = count * (n - i + 1) / i;
    if (count > kSets) return kSets + 1;
  }
  return count;
}

std::vector<HeadList> every_subset(int64_t n, int64_t k) {
  std::vector<bool> chosen(static_cast<size_t>(n), false);
  std::fill_n(chosen.begin(), k, true);
  std::vector<HeadList> sets;
  do {
    HeadList set;
    for (int64_t head = 0; head < n; ++head)
      if (chosen[static_cast<size_t>(head)]) set.push_back(head);
    sets.push_back(std::move(set));
  } while (std::prev_permutation(chosen.begin(), chosen.end()));
  return sets;
}

HeadList first_of(const HeadList& order, int64_t k) { return {order.begin(), order.begin() + k}; }

}  // namespace

std::vector<int64_t> compared_points(int64_t n) {
  const int64_t half = n / 2, count = n <= kMostHeads ? half : kPoints;
  std::vector<int64_t> points;
  for (int64_t i = 1; i <= count; ++i) points.push_back(i * half / count);
  return points;
}

std::vector<HeadList> random_sets(int64_t n, int64_t k, uint64_t seed) {
  if (count_subsets(n, k) <= kSets) return every_subset(n, k);
  std::vector<HeadList> sets;
  for (int64_t i = 0; i < kSets; ++i) {
    HeadList order(static_cast<size_t>(n));
    std::iota(order.begin(), order.end(), int64_t{0});
    Draw draw(seed, "probe/subsets", 0, static_cast<uint64_t>(i));
    shuffle(draw, std::span(order));
    sets.push_back(first_of(order, k));
  }
  return sets;
}

int64_t compared_tokens(const config::RunConfig& config) {
  const int64_t n = config.model.layers * config.model.heads;
  int64_t sets = 1;
  for (const int64_t k : compared_points(n)) sets += std::min(count_subsets(n, k), kSets);
  return std::clamp(kBudget / sets, kFewestTokens, kMostTokens);
}

void add_rises(ProbeRowWriter& rows, Ablation& ablation, uint64_t seed,
               const Criteria& criteria_LH) {
  const std::vector<int64_t> points = compared_points(ablation.heads());
  if (points.empty()) return;
  std::vector<HeadList> all{{}};
  std::vector<size_t> ends;
  for (const int64_t k : points) {
    for (HeadList& set : random_sets(ablation.heads(), k, seed)) all.push_back(std::move(set));
    ends.push_back(all.size());
  }
  for (const auto& [name, criterion_LH] : criteria_LH)
    for (const int64_t k : points) all.push_back(first_of(ascending_order(criterion_LH), k));
  const std::vector<double> loss = ablation.losses(all);
  std::vector<double> random;
  size_t next = 1;
  for (size_t p = 0; p < points.size(); ++p) {
    double sum = 0, square = 0;
    const auto count = static_cast<double>(ends[p] - next);
    for (size_t i = next; i < ends[p]; ++i) sum += loss[i] - loss[0];
    for (; next < ends[p]; ++next) square += std::pow(loss[next] - loss[0] - sum / count, 2);
    random.push_back(sum / count);
    rows.curve_point("ablate/rise_random", points[p], random.back());
    rows.curve_point("ablate/rise_random_sd", points[p], std::sqrt(square / count));
  }
  for (const auto& [name, criterion_LH] : criteria_LH) {
    double area = 0;
    for (size_t p = 0; p < points.size(); ++p, ++next) {
      rows.curve_point("ablate/rise_" + name, points[p], loss[next] - loss[0]);
      area += loss[next] - loss[0] - random[p];
    }
    rows.run("probe/area_" + name, area / static_cast<double>(points.size()));
  }
  rows.run("probe/area_tokens", static_cast<double>(ablation.sample().tokens()));
}

}  // namespace sinkmoe::train
