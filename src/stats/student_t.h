// Student's t distribution, from the regularised incomplete beta function.
#pragma once

namespace sinkmoe {

// I_x(a, b), 0 <= x <= 1, a > 0, b > 0.
double incomplete_beta(double a, double b, double x);

// P(T <= t) for `df` > 0 degrees of freedom; t may be infinite.
double student_t_cdf(double t, double df);

// The t with P(T <= t) = p, 0 < p < 1. Relative error below 1e-10.
double student_t_quantile(double p, double df);

// P(|T| >= |t|), accurate also where it is tiny.
double student_t_two_sided_p(double t, double df);

}  // namespace sinkmoe
