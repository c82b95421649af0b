#include "stats/student_t.h"

#include <cassert>
#include <cmath>
#include <limits>

namespace sinkmoe {

namespace {

// Coefficient d_{i} of the continued fraction of I_x(a, b), i = 1, 2, ...
double fraction_term(double a, double b, double x, int i) {
  const double m = i / 2;
  if (i % 2 == 0) return m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
  return -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
}

// Modified Lentz evaluation; converges fast for x < (a + 1) / (a + b + 2).
double continued_fraction(double a, double b, double x) {
  constexpr double tiny = 1e-300;
  double f = 1, c = 1, d = 0;
  for (int i = 1; i <= 1000; ++i) {
    const double term = fraction_term(a, b, x, i);
    d = 1 + term * d;
    if (std::abs(d) < tiny) d = tiny;
    d = 1 / d;
    c = 1 + term / c;
    if (std::abs(c) < tiny) c = tiny;
    f *= c * d;
    if (std::abs(c * d - 1) < 1e-16) break;
  }
  return 1 / f;
}

}  // namespace

double incomplete_beta(double a, double b, double x) {
  assert(a > 0 && b > 0);
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const double log_front =
      std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x);
  if (x < (a + 1) / (a + b + 2)) return std::exp(log_front) * continued_fraction(a, b, x) / a;
  return 1 - std::exp(log_front) * continued_fraction(b, a, 1 - x) / b;
}

double student_t_two_sided_p(double t, double df) {
  assert(df > 0);
  if (std::isinf(t)) return 0;
  return incomplete_beta(df / 2, 0.5, df / (df + t * t));
}

double student_t_cdf(double t, double df) {
  const double tail = student_t_two_sided_p(t, df) / 2;
  return t > 0 ? 1 - tail : tail;
}

double student_t_quantile(double p, double df) {
  assert(p > 0 && p < 1 && df > 0);
  if (p == 0.5) return 0;
  const double two_sided = 2 * std::min(p, 1 - p);
  double low = 0, high = 1;
  while (student_t_two_sided_p(high, df) > two_sided) high *= 2;
  for (int i = 0; i < 200 && high - low > 1e-14 * high; ++i) {
    const double middle = low + (high - low) / 2;
    (student_t_two_sided_p(middle, df) > two_sided ? low : high) = middle;
  }
  const double t = low + (high - low) / 2;
  return p > 0.5 ? t : -t;
}

}  // namespace sinkmoe
