#include "pretrained/heads.h"

namespace sinkmoe::pretrained {

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

double mean(const Grid& grid) {
  std::vector<double> means;
  for (const auto& layer : grid) means.push_back(mean(layer));
  return mean(means);
}

double percent_above(const Grid& grid, double threshold) {
  std::vector<double> above;
  for (const auto& layer : grid)
    for (const double v : layer) above.push_back(v > threshold ? 100 : 0);
  return mean(above);
}

int64_t layer_of(const HeadsResult& r, size_t row) {
  return r.layers.empty() ? static_cast<int64_t>(row) : r.layers.at(row);
}

std::vector<HeadName> closed_heads(const HeadsResult& r) {
  std::vector<HeadName> out;
  for (size_t l = 0; l < r.importance.size(); ++l)
    for (size_t h = 0; h < r.importance[l].size(); ++h)
      if (r.importance[l][h] < kClosedThreshold)
        out.push_back({layer_of(r, l), static_cast<int64_t>(h), r.importance[l][h]});
  return out;
}

std::vector<HeadName> dominant_heads(const HeadsResult& r) {
  std::vector<HeadName> out;
  for (size_t l = 0; l < r.importance.size(); ++l) {
    const double level = kDominantRatio * mean(r.importance[l]);
    for (size_t h = 0; h < r.importance[l].size(); ++h)
      if (r.importance[l][h] > level)
        out.push_back({layer_of(r, l), static_cast<int64_t>(h), r.importance[l][h]});
  }
  return out;
}

}  // namespace sinkmoe::pretrained
