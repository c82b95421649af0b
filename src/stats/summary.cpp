#include "stats/summary.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <map>
#include <numeric>

#include "stats/student_t.h"

namespace sinkmoe::stats {

namespace {

bool all_finite(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
}

}  // namespace

Summary summarize(std::span<const double> values) {
  Summary s;
  s.n = static_cast<int64_t>(values.size());
  if (values.empty() || !all_finite(values)) return s;
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
  if (*s.sd <= 1e-12 * std::abs(mean)) s.sd = 0;
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

// p of "the mean is `distance` above what is tested". Equal values: one choice of signs in 2^n is
// as far above.
double one_sided_p(const Summary& s, double distance) {
  if (*s.sd == 0)
    return distance > 0 ? std::ldexp(1.0, -static_cast<int>(std::min<int64_t>(s.n, 1000))) : 1;
  const double t = distance / (*s.sd / std::sqrt(static_cast<double>(s.n)));
  return student_t_cdf(-t, static_cast<double>(s.n - 1));
}

}  // namespace

std::optional<double> t_test_p(const Summary& s, double center) {
  if (!s.sd) return std::nullopt;
  return std::min(1.0, 2 * one_sided_p(s, std::abs(*s.mean - center)));
}

std::optional<double> below_p(const Summary& s, double center) {
  if (!s.sd) return std::nullopt;
  return one_sided_p(s, center - *s.mean);
}

std::optional<double> above_p(const Summary& s, double center) {
  if (!s.sd) return std::nullopt;
  return one_sided_p(s, *s.mean - center);
}

std::optional<double> equivalence_p(const Summary& s, double margin) {
  if (!s.sd) return std::nullopt;
  return std::max(*above_p(s, -margin), *below_p(s, margin));
}

std::optional<double> beyond_p(const Summary& s, double margin) {
  if (!s.sd) return std::nullopt;
  return std::min(1.0, 2 * std::min(*below_p(s, -margin), *above_p(s, margin)));
}

std::optional<double> sign_flip_p(std::span<const double> values) {
  const size_t n = values.size();
  if (n < 2 || n > 20 || !all_finite(values)) return std::nullopt;
  double sum = 0, size = 0;
  for (const double v : values) sum += v, size += std::abs(v);
  const double limit = std::abs(sum) - 1e-11 * size;  // sums that differ by rounding are equal
  // A Gray code changes one sign at a time. The first value keeps its sign: the other half mirrors.
  std::vector<double> signed_values(values.begin(), values.end());
  uint64_t as_far = 0;
  const uint64_t choices = uint64_t{1} << (n - 1);
  for (uint64_t choice = 1; choice <= choices; ++choice) {
    as_far += std::abs(sum) >= limit;
    double& flipped = signed_values[1 + static_cast<size_t>(std::countr_zero(choice)) % (n - 1)];
    sum -= 2 * flipped;
    flipped = -flipped;
  }
  return static_cast<double>(as_far) / static_cast<double>(choices);
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
