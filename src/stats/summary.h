// Means, intervals, paired differences and tests over seeds. A number that cannot be computed is
// absent, never 0.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace sinkmoe::stats {

// Statistics of n values. mean: n >= 1. sd (divisor n - 1) and half_width: n >= 2. All three are
// absent if a value is not finite. sd is exactly 0 if the values are equal to rounding.
struct Summary {
  int64_t n = 0;
  std::optional<double> mean, sd;
  std::optional<double> half_width;  // of the two-sided 95% t-interval

  std::optional<double> low() const {
    return half_width ? std::optional(*mean - *half_width) : std::nullopt;
  }
  std::optional<double> high() const {
    return half_width ? std::optional(*mean + *half_width) : std::nullopt;
  }
};

Summary summarize(std::span<const double> values);

// The middle value, or the mean of the two middle values. `values` must not be empty.
double median(std::vector<double> values);

// The value of one run, with the seed for pairing.
struct Seeded {
  int64_t seed = 0;
  double value = 0;
};

struct PairedDifference {
  Summary summary;                  // of treatment - control, over the seeds of both
  std::optional<double> p;          // two-sided t-test of mean 0; n >= 2
  int sign = 0;                     // of the mean; 0 if n = 0
  std::vector<double> differences;  // in order of seed
};

// Leaves out seeds that only one side has. A seed must not occur twice on one side (asserted).
PairedDifference paired_difference(std::span<const Seeded> treatment,
                                   std::span<const Seeded> control);

// Tests of a mean. p is absent for n < 2 and where a value is not finite. Equal values have no
// spread for a t-test: they get the p of the exact sign-flip test, 2^-n on one side.

// Two-sided test of `mean = center`.
std::optional<double> t_test_p(const Summary& summary, double center);

// One-sided tests: a small p shows `mean < center`, or `mean > center`.
std::optional<double> below_p(const Summary& summary, double center);
std::optional<double> above_p(const Summary& summary, double center);

// Two one-sided tests (equivalence): a small p shows |mean| < margin.
std::optional<double> equivalence_p(const Summary& summary, double margin);

// A small p shows |mean| > margin.
std::optional<double> beyond_p(const Summary& summary, double margin);

// Exact two-sided sign-flip test of "the values are symmetric around 0": the share of all 2^n choices
// of signs whose sum is at least as far from 0. It assumes no normal distribution, and cannot go
// below 2^(1-n). Absent for n < 2, n > 20 and values that are not finite.
std::optional<double> sign_flip_p(std::span<const double> values);

// Holm's step-down adjustment. An absent p counts as a test with p = 1, so that a missing cell
// never makes the others easier. The result has the order of the input.
std::vector<double> holm(std::span<const std::optional<double>> p);

// The mean difference that a two-sided t-test of n pairs with this sd finds at the 5% level with
// probability 0.80 (exact, from the noncentral t distribution). Absent for n < 2.
std::optional<double> detectable_difference(int64_t n, double sd);

}  // namespace sinkmoe::stats
