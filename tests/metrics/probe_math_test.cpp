// Ranks, shares, kurtosis and rounding on numbers with known results.
#include "metrics/probe_math.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace sinkmoe::metrics {
namespace {

at::Tensor moment(const at::Tensor& x) { return x.t().matmul(x); }

TEST(EffectiveRank, OrthonormalRowsHaveFullRank) {
  EXPECT_NEAR(effective_rank(at::eye(5, at::kDouble)).item<double>(), 5, 1e-9);
}

TEST(EffectiveRank, OneDirectionHasRankOne) {
  const at::Tensor x = at::outer(at::arange(1, 9, at::kDouble), at::arange(1, 5, at::kDouble));
  EXPECT_NEAR(effective_rank(moment(x)).item<double>(), 1, 1e-5);
}

TEST(EffectiveRank, IsTheExponentOfTheEntropyOfSingularValues) {
  // Singular values 3 and 1: shares 0.75 and 0.25. (Shares of their squares would give 1.384.)
  const at::Tensor x = at::diag(at::tensor({3.0, 1.0}, at::kDouble));
  const double entropy = -0.75 * std::log(0.75) - 0.25 * std::log(0.25);
  EXPECT_NEAR(effective_rank(moment(x)).item<double>(), std::exp(entropy), 1e-12);
}

TEST(EffectiveRank, ZerosHaveRankZero) {
  EXPECT_EQ(effective_rank(at::zeros({3, 3}, at::kDouble)).item<double>(), 0);
}

TEST(Counts, BySortingEqualThoseByAdding) {
  constexpr int64_t kBins = 50, kHeads = 3;
  const at::Tensor bin_BHT = at::randint(kBins - 1, {4, kHeads, 200}, at::kLong);
  bin_BHT[2][1].fill_(kBins - 1);  // the last bin, which the others leave empty
  std::vector<std::vector<int64_t>> expected(kHeads, std::vector<int64_t>(kBins, 0));
  for (int64_t b = 0; b < 4; ++b)
    for (int64_t h = 0; h < kHeads; ++h)
      for (int64_t t = 0; t < 200; ++t)
        ++expected[static_cast<size_t>(h)][static_cast<size_t>(bin_BHT[b][h][t].item<int64_t>())];
  for (const at::Tensor& counts : {counts_HB(bin_BHT, kBins), counts_by_sorting(bin_BHT, kBins)})
    for (int64_t h = 0; h < kHeads; ++h)
      EXPECT_TRUE(counts[h].equal(at::tensor(expected[static_cast<size_t>(h)], at::kLong))) << h;
}

TEST(TopShare, CountsTheLargestOfEachLayer) {
  const at::Tensor x = at::tensor({0.1, 0.2, 0.3, 0.4, 0.5, 0.5, 0.0, 0.0}).view({2, 4});
  EXPECT_NEAR(top_share(x, 1), (0.4 + 0.5) / 2, 1e-12);
  EXPECT_NEAR(top_share(x, 2), (0.7 + 1.0) / 2, 1e-12);
  EXPECT_EQ(top_share(at::zeros({1, 4}), 1), 0);
}

TEST(MeanCv, IsAtMostTheRootOfHeadsLessOne) {
  EXPECT_NEAR(mean_cv(at::tensor({1e-9, 0.0, 0.0, 0.0}, at::kDouble).view({1, 4})), std::sqrt(3.0),
              1e-12);
  EXPECT_EQ(mean_cv(at::tensor({-1.0, -2.0}).view({1, 2})), 0) << "negative values count as 0";
  EXPECT_NEAR(mean_cv(at::tensor({0.1, 0.3, 0.5, 0.5}).view({2, 2})), 0.25, 1e-6);
}

// Two layers of which one has no head that matters: the mean over layers halves the CV, one CV over
// the model's heads does not.
TEST(MeanCv, OfTheWholeModelIsNotLoweredByALayerWithoutWorth) {
  const at::Tensor worth_LH = at::tensor({1.0, 0.0, -0.1, -0.2}, at::kDouble).view({2, 2});
  EXPECT_NEAR(mean_cv(worth_LH), 0.5, 1e-12);
  EXPECT_NEAR(mean_cv(worth_LH.view({1, -1})), std::sqrt(3.0), 1e-12);
}

// Values of scipy.stats.spearmanr 1.16.
TEST(RankCorrelation, WithAndWithoutTies) {
  auto of = [](std::vector<double> x, std::vector<double> y) {
    return rank_correlation(at::tensor(x, at::kDouble), at::tensor(y, at::kDouble));
  };
  EXPECT_NEAR(*of({1, 2, 2, 3, 5, 5, 5, 0}, {3, 1, 4, 1, 5, 9, 2, 6}), 0.055572498390824586, 1e-15);
  EXPECT_NEAR(*of({1, 2, 3, 4, 5}, {5, 6, 7, 8, 7}), 0.8207826816681233, 1e-15);
  EXPECT_NEAR(*of({0.1, 0.4, 0.2, 0.3}, {1, 4, 2, 3}), 1, 1e-15);
  EXPECT_NEAR(*of({1, 1, 2, 2}, {2, 1, 1, 2}), 0, 1e-15);
  EXPECT_FALSE(of({1, 1, 1}, {1, 2, 3}).has_value()) << "equal numbers have no ranks";
  EXPECT_FALSE(of({1}, {2}).has_value());
}

TEST(Kurtosis, OfKnownRows) {
  const at::Tensor x = at::tensor({-1.0, 1.0, -1.0, 1.0, 0.0, 0.0, 0.0, 4.0}).view({2, 2, 2});
  const at::Tensor k = kurtosis_B(x);
  EXPECT_NEAR(k[0].item<double>(), 1, 1e-12);  // two values, equally often
  // 0 0 0 4: mean 1, variance 3, fourth moment (3 * 1 + 81) / 4 = 21.
  EXPECT_NEAR(k[1].item<double>(), 21.0 / 9, 1e-12);
  EXPECT_EQ(kurtosis_B(at::ones({1, 5}))[0].item<double>(), 0);
}

TEST(Int8, RoundsToMultiplesOfTheScale) {
  // Scale 2: ties go to even, and values outside are clipped.
  const at::Tensor x = at::tensor({0.9, 1.0, 1.1, 3.0, -5.0, 254.0, -300.0});
  const at::Tensor want = at::tensor({0.0, 0.0, 2.0, 4.0, -4.0, 254.0, -254.0});
  EXPECT_TRUE(int8_round_trip(x, 254).equal(want)) << int8_round_trip(x, 254);
  EXPECT_TRUE(int8_round_trip(at::zeros({2}), 0).equal(at::zeros({2})));
}

}  // namespace
}  // namespace sinkmoe::metrics
