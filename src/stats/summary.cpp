#include "stats/summary.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "stats/student_t.h"

namespace sinkmoe::stats {

Summary summarize(std::span<const double> values) {
  Summary s;
  s.n = static_cast<int64_t>(values.size());
  if (values.empty()) return s;
  const double n = static_cast<double>(s.n);
  // The mean of the deviations corrects the rounding of the first mean.
  double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double rest = 0;
  for (const double v : values) rest += v - mean;
  mean += rest / n;
  s.mean = mean;
  if (s.n < 2) return s;
  double squares = 0;
  for (const double v : values) squares += (v - mean) * (v - mean);
  s.sd = std::sqrt(squares / (n - 1));
  s.half_width = student_t_quantile(0.975, n - 1) * *s.sd / std::sqrt(n);
  return s;
}

double median(std::vector<double> values) {
  assert(!values.empty());
  const auto middle = values.begin() + static_cast<long>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

PairedDifference paired_difference(std::span<const Seeded> treatment,
                                   std::span<const Seeded> control) {
  std::map<int64_t, double> control_by_seed, difference_by_seed;
  for (const Seeded& c : control) {
    [[maybe_unused]] const bool first = control_by_seed.emplace(c.seed, c.value).second;
    assert(first);
  }
  for (const Seeded& t : treatment) {
    const auto c = control_by_seed.find(t.seed);
    if (c == control_by_seed.end()) continue;
    [[maybe_unused]] const bool first =
        difference_by_seed.emplace(t.seed, t.value - c->second).second;
    assert(first);
  }
  PairedDifference d;
  for (const auto& [seed, difference] : difference_by_seed) d.differences.push_back(difference);
  d.summary = summarize(d.differences);
  d.p = t_test_p(d.summary, 0);
  if (d.summary.mean) d.sign = (*d.summary.mean > 0) - (*d.summary.mean < 0);
  return d;
}

namespace {

// Distance of the mean from `center` in standard errors; infinite if all values are equal and
// differ from `center`.
double t_statistic(const Summary& s, double center) {
  const double distance = *s.mean - center;
  if (*s.sd == 0)
    return distance == 0 ? 0 : std::copysign(std::numeric_limits<double>::infinity(), distance);
  return distance / (*s.sd / std::sqrt(static_cast<double>(s.n)));
}

}  // namespace

std::optional<double> t_test_p(const Summary& s, double center) {
  if (s.n < 2) return std::nullopt;
  return student_t_two_sided_p(t_statistic(s, center), static_cast<double>(s.n - 1));
}

std::optional<double> equivalence_p(const Summary& s, double margin) {
  if (s.n < 2) return std::nullopt;
  const double df = static_cast<double>(s.n - 1);
  const double above_low = student_t_cdf(-t_statistic(s, -margin), df);
  const double below_high = student_t_cdf(t_statistic(s, margin), df);
  return std::max(above_low, below_high);
}

std::vector<double> holm(std::span<const std::optional<double>> p) {
  std::vector<size_t> order(p.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return p[a].value_or(1) < p[b].value_or(1); });
  std::vector<double> adjusted(p.size());
  double largest = 0;
  for (size_t rank = 0; rank < order.size(); ++rank) {
    const double factor = static_cast<double>(p.size() - rank);
    largest = std::max(largest, std::min(1.0, factor * p[order[rank]].value_or(1)));
    adjusted[order[rank]] = largest;
  }
  return adjusted;
}

std::optional<double> detectable_difference(int64_t n, double sd) {
  if (n < 2) return std::nullopt;
  const double df = static_cast<double>(n - 1);
  return student_t_detectable(df) * sd / std::sqrt(static_cast<double>(n));
}

}  // namespace sinkmoe::stats
