#include "stats/student_t.h"

#include <boost/math/distributions/students_t.hpp>
#include <cassert>
#include <cmath>

namespace sinkmoe::stats {

namespace {

using Distribution = boost::math::students_t_distribution<double>;

// P(T >= |t|).
double tail(double t, double df) {
  return std::isinf(t) ? 0 : cdf(complement(Distribution(df), std::abs(t)));
}

}  // namespace

double student_t_two_sided_p(double t, double df) {
  assert(df > 0);
  return 2 * tail(t, df);
}

double student_t_cdf(double t, double df) {
  assert(df > 0);
  return t > 0 ? 1 - tail(t, df) : tail(t, df);
}

double student_t_quantile(double p, double df) {
  assert(p > 0 && p < 1 && df > 0);
  return quantile(Distribution(df), p);
}

}  // namespace sinkmoe::stats
