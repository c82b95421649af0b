// Student's t distribution and its noncentral form (Boost.Math).
#pragma once

namespace sinkmoe::stats {

// P(T <= t) for `df` > 0 degrees of freedom; t may be infinite. Accurate even if it is tiny.
double student_t_cdf(double t, double df);

// The t with P(T <= t) = p, 0 < p < 1.
double student_t_quantile(double p, double df);

// Probability that a two-sided t-test at level `alpha` rejects, if the true mean is `noncentrality`
// >= 0 standard errors away from the tested one.
double student_t_power(double noncentrality, double df, double alpha = 0.05);

// The same for a one-sided t-test that looks into the direction of the true mean.
double student_t_power_one_sided(double noncentrality, double df, double alpha = 0.05);

// The noncentrality at which a two-sided test at the 5% level rejects with probability 0.80.
double student_t_detectable(double df);

}  // namespace sinkmoe::stats
