#include "stats/student_t.h"

#include <boost/math/distributions/non_central_t.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/tools/toms748_solve.hpp>
#include <cassert>
#include <cmath>
#include <cstdint>

namespace sinkmoe::stats {

namespace {

using Distribution = boost::math::students_t_distribution<double>;

// P(T >= |t|).
double tail(double t, double df) {
  return std::isinf(t) ? 0 : cdf(complement(Distribution(df), std::abs(t)));
}

// A statistic so far from 0 that staying below the limit needs an sd five times too large. The series
// of the distribution need not converge there.
bool certain(double noncentrality, double limit) { return noncentrality > 20 + 5 * limit; }

}  // namespace

double student_t_cdf(double t, double df) {
  assert(df > 0);
  return t > 0 ? 1 - tail(t, df) : tail(t, df);
}

double student_t_quantile(double p, double df) {
  assert(p > 0 && p < 1 && df > 0);
  return quantile(Distribution(df), p);
}

double student_t_power(double noncentrality, double df, double alpha) {
  assert(noncentrality >= 0 && df > 0 && alpha > 0 && alpha < 1);
  const double limit = student_t_quantile(1 - alpha / 2, df);
  if (certain(noncentrality, limit)) return 1;
  const boost::math::non_central_t_distribution<double> statistic(df, noncentrality);
  return cdf(complement(statistic, limit)) + cdf(statistic, -limit);
}

double student_t_power_one_sided(double noncentrality, double df, double alpha) {
  assert(noncentrality >= 0 && df > 0 && alpha > 0 && alpha < 1);
  const double limit = student_t_quantile(1 - alpha, df);
  if (certain(noncentrality, limit)) return 1;
  return cdf(complement(boost::math::non_central_t_distribution<double>(df, noncentrality), limit));
}

double student_t_detectable(double df) {
  const auto excess = [df](double noncentrality) {
    return student_t_power(noncentrality, df) - 0.80;
  };
  // The power at 0 is 0.05. At twice the quantile plus 5 it is above 0.80 for every df >= 1.
  const double most = 2 * student_t_quantile(0.975, df) + 5;
  std::uintmax_t iterations = 200;
  const boost::math::tools::eps_tolerance<double> digits(40);
  return boost::math::tools::toms748_solve(excess, 0.0, most, digits, iterations).first;
}

}  // namespace sinkmoe::stats
