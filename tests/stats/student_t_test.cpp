#include "stats/student_t.h"

#include <gtest/gtest.h>

#include <cmath>

namespace sinkmoe::stats {
namespace {

struct Row {
  double p, df, t;
};

// Printed tables of the t distribution; the digits of df 1, 2 and 4 follow from their closed forms.
TEST(StudentT, QuantilesMatchPrintedTables) {
  const Row rows[] = {
      {0.975, 1, 12.7062047362},  {0.975, 2, 4.3026527297},  {0.975, 3, 3.1824463053},
      {0.975, 4, 2.7764451052},   {0.975, 9, 2.2621571628},  {0.975, 30, 2.0422724563},
      {0.975, 120, 1.9799304051}, {0.995, 10, 3.1692726726}, {0.95, 5, 2.0150483733},
      {0.9995, 3, 12.9239786367}, {0.8, 2, 1.0606601718},    {0.8, 4, 0.9409646},
  };
  for (const Row& r : rows)
    EXPECT_NEAR(student_t_quantile(r.p, r.df), r.t, 1e-7 * r.t) << r.p << " " << r.df;
}

TEST(StudentT, QuantileIsOddAroundOneHalf) {
  EXPECT_EQ(student_t_quantile(0.5, 7), 0);
  EXPECT_DOUBLE_EQ(student_t_quantile(0.025, 7), -student_t_quantile(0.975, 7));
}

TEST(StudentT, CdfOfOneDegreeIsTheCauchyCdf) {
  for (const double t : {-30.0, -2.0, -0.1, 0.0, 0.5, 1.0, 10.0, 1e6})
    EXPECT_NEAR(student_t_cdf(t, 1), 0.5 + std::atan(t) / M_PI, 1e-14) << t;
}

TEST(StudentT, CdfOfTwoDegreesHasItsClosedForm) {
  for (const double t : {-5.0, -1.0, 0.0, 0.3, 4.303, 50.0})
    EXPECT_NEAR(student_t_cdf(t, 2), 0.5 + t / (2 * std::sqrt(2 + t * t)), 1e-14) << t;
}

TEST(StudentT, TailsKeepTheirRelativePrecision) {
  const double t = 1e8;  // df 2: P(T <= -t) = (1 - t / sqrt(2 + t^2)) / 2, about 1 / (2 t^2)
  EXPECT_NEAR(student_t_cdf(-t, 2) * 2 * t * t, 1, 1e-9);
  EXPECT_EQ(student_t_cdf(-INFINITY, 3), 0);
}

TEST(StudentT, QuantileInvertsTheCdf) {
  for (const double df : {1.0, 2.0, 5.0, 29.0, 1000.0})
    for (const double p : {1e-6, 0.01, 0.3, 0.6, 0.99, 0.999999})
      EXPECT_NEAR(student_t_cdf(student_t_quantile(p, df), df), p, 1e-9 * p + 1e-13)
          << df << " " << p;
}

// Next to the middle the quantile is small: (p - 1/2) over the density at 0, which is 1 / pi for one
// degree of freedom and tends to 1 / sqrt(2 pi).
TEST(StudentT, QuantileIsExactNextToTheMiddle) {
  EXPECT_NEAR(student_t_quantile(0.5000001, 1) / (1e-7 * M_PI), 1, 1e-8);
  EXPECT_NEAR(student_t_quantile(0.5000001, 1e9) / (1e-7 * std::sqrt(2 * M_PI)), 1, 1e-6);
}

TEST(StudentT, WithoutAnEffectATestRejectsOnceInTwenty) {
  for (const double df : {1.0, 2.0, 4.0, 9.0, 1000.0})
    EXPECT_NEAR(student_t_power(0, df), 0.05, 1e-12) << df;
}

// scipy's noncentral t: nct.sf(limit, df, noncentrality), and nct.cdf(-limit, ...) for the other side.
TEST(StudentT, PowerIsThatOfTheNoncentralT) {
  struct Power {
    double noncentrality, df, alpha, two_sided, one_sided;
  };
  const Power rows[] = {
      {1, 4, 0.05, 0.1222491521, 0.2098016874}, {2, 4, 0.05, 0.3359651039, 0.5043501891},
      {3, 4, 0.05, 0.6192614594, 0.7910901344}, {3, 9, 0.05, 0.7611566204, 0.8684544364},
      {5, 2, 0.05, 0.7191805364, 0.9162869575}, {2.5, 19, 0.05, 0.6599498768, 0.7777372928},
      {4, 9, 0.01, 0.7500255234, 0.8530278442}, {3, 9, 0.05 / 18, 0.2443023640, 0.3481225147},
  };
  for (const Power& r : rows) {
    EXPECT_NEAR(student_t_power(r.noncentrality, r.df, r.alpha), r.two_sided, 1e-9)
        << r.noncentrality << " " << r.df;
    EXPECT_NEAR(student_t_power_one_sided(r.noncentrality, r.df, r.alpha), r.one_sided, 1e-9)
        << r.noncentrality << " " << r.df;
  }
}

TEST(StudentT, AnEnormousEffectIsCertain) {
  EXPECT_NEAR(student_t_power(1e9, 2), 1, 1e-9);
  EXPECT_NEAR(student_t_power(20 + 5 * student_t_quantile(0.975, 2) - 0.01, 2), 1, 1e-9);
}

TEST(StudentT, PowerAtTheDetectableEffectIsFourFifths) {
  for (const double df : {1.0, 2.0, 4.0, 9.0, 99.0, 1e5})
    EXPECT_NEAR(student_t_power(student_t_detectable(df), df), 0.80, 1e-9) << df;
}

}  // namespace
}  // namespace sinkmoe::stats
