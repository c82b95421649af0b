#include "plan/sweep/sweep_points.h"

#include <algorithm>

#include "core/text/split_join.h"

namespace sinkmoe::plan {

namespace {

using Dimension = std::vector<size_t>;  // axes that change together

constexpr size_t kNone = static_cast<size_t>(-1);

size_t axis_index(const Block& block, const std::string& key) {
  for (size_t i = 0; i < block.axes.size(); ++i)
    if (block.axes[i].key == key) return i;
  return kNone;
}

std::string swept_keys(const Block& block) {
  const std::string text = join(block.axes, ", ", [](const Axis& axis) { return axis.key; });
  return text.empty() ? "the block sweeps nothing" : "the block sweeps " + text;
}

// Puts the axes of one zip into one dimension, at the position of the first.
void add_zip(const Block& block, const std::vector<std::string>& keys,
             std::vector<size_t>& leader_of, std::vector<bool>& zipped,
             std::vector<Problem>& problems) {
  size_t leader = kNone;
  for (const std::string& key : keys) {
    const size_t i = axis_index(block, key);
    if (i == kNone) {
      problems.push_back({"zip names '" + key + "'", block.where, swept_keys(block)});
      continue;
    }
    if (zipped[i]) problems.push_back({"'" + key + "' is zipped twice", block.where, ""});
    zipped[i] = true;
    if (leader == kNone) leader = i;
    leader_of[i] = leader;
    const size_t have = block.axes[i].values.size(), want = block.axes[leader].values.size();
    if (have != want)
      problems.push_back({"zipped keys have " + std::to_string(want) + " values (" +
                              block.axes[leader].key + ") and " + std::to_string(have) + " (" +
                              key + ")",
                          block.where, "give them lists of equal length"});
  }
}

std::vector<Dimension> dimensions_of(const Block& block, std::vector<Problem>& problems) {
  std::vector<size_t> leader_of(block.axes.size());
  for (size_t i = 0; i < leader_of.size(); ++i) leader_of[i] = i;
  std::vector<bool> zipped(block.axes.size(), false);
  for (const auto& keys : block.zips) add_zip(block, keys, leader_of, zipped, problems);
  std::vector<Dimension> dimensions;
  for (size_t i = 0; i < leader_of.size(); ++i) {
    if (std::count(leader_of.begin(), leader_of.end(), i) == 0) continue;
    dimensions.emplace_back();
    for (size_t k = 0; k < leader_of.size(); ++k)
      if (leader_of[k] == i) dimensions.back().push_back(k);
  }
  return dimensions;
}

}  // namespace

int64_t count_points(const std::vector<Block>& blocks) {
  std::vector<Problem> problems;
  int64_t total = 0;
  for (const Block& block : blocks) {
    int64_t points = 1;
    for (const Dimension& dimension : dimensions_of(block, problems)) {
      points *= static_cast<int64_t>(block.axes[dimension[0]].values.size());
      points = std::min(
          points, kMostPoints + 1);  // a factor is at most 1e6 (file size), so nothing overflows
    }
    total = std::min(total + points, kMostPoints + 1);
    if (total > kMostPoints)
      throw Error("the sweep has more than " + std::to_string(kMostPoints) + " points", block.where,
                  "split it into several experiments");
  }
  if (!problems.empty()) throw Error(std::move(problems));
  return total;
}

std::vector<Pick> points_of(const Block& block) {
  std::vector<Problem> problems;
  const std::vector<Dimension> dimensions = dimensions_of(block, problems);
  std::vector<Pick> points = {Pick(block.axes.size(), 0)};
  for (const Dimension& dimension : dimensions) {
    std::vector<Pick> grown;
    const size_t values = block.axes[dimension[0]].values.size();
    grown.reserve(points.size() * values);
    for (const Pick& point : points)
      for (uint32_t v = 0; v < values; ++v) {
        grown.push_back(point);
        for (const size_t axis : dimension) grown.back()[axis] = v;
      }
    points = std::move(grown);
  }
  return points;
}

}  // namespace sinkmoe::plan
