// Random controls of ablations, worth and ranks, against counts and sums over all subsets.
#include "train/probes/random_subsets.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <bit>
#include <numeric>
#include <set>

#include "train/probe_setting.h"
#include "train/probes/worth.h"

namespace sinkmoe::train {
namespace {

using testing::lively;
using testing::Setting;
using testing::value_of;

TEST(RandomSets, AreAllSubsetsIfThereAreFew) {
  for (const auto& [n, k, count] : {std::tuple(8, 4, 70), std::tuple(16, 2, 120),
                                    std::tuple(10, 4, 210), std::tuple(6, 6, 1)}) {
    const std::vector<HeadList> sets = random_sets(n, k, 1);
    EXPECT_EQ(sets.size(), static_cast<size_t>(count));
    EXPECT_EQ(std::set<HeadList>(sets.begin(), sets.end()).size(), static_cast<size_t>(count));
    EXPECT_EQ(sets, random_sets(n, k, 2)) << "nothing to draw";
  }
}

TEST(RandomSets, AreTheBeginningsOfTwoHundredAndFiftySixOrdersOfThisSeedElse) {
  const std::vector<HeadList> three = random_sets(16, 3, 5), four = random_sets(16, 4, 5);
  ASSERT_EQ(three.size(), 256u);
  std::vector<int64_t> times(16, 0);
  for (size_t i = 0; i < three.size(); ++i) {
    EXPECT_EQ(std::set<int64_t>(three[i].begin(), three[i].end()).size(), 3u);
    EXPECT_EQ(HeadList(four[i].begin(), four[i].begin() + 3), three[i]);
    for (const int64_t head : three[i]) ++times[static_cast<size_t>(head)];
  }
  for (const int64_t count : times)
    EXPECT_NEAR(static_cast<double>(count), 48, 27) << "4 deviations";
  EXPECT_NE(three, random_sets(16, 3, 6));
}

TEST(ComparedPoints, AreEveryNumberUpToHalfOrEightOfThem) {
  EXPECT_EQ(compared_points(8), (std::vector<int64_t>{1, 2, 3, 4}));
  EXPECT_EQ(compared_points(16), (std::vector<int64_t>{1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(compared_points(64), (std::vector<int64_t>{4, 8, 12, 16, 20, 24, 28, 32}));
  EXPECT_EQ(compared_points(18), (std::vector<int64_t>{1, 2, 3, 4, 5, 6, 7, 9}));
  EXPECT_TRUE(compared_points(1).empty());
}

TEST(ComparedTokens, TimesSetsStayWithinTheBudget) {
  config::RunConfig config;
  config.model.layers = 2;
  config.model.heads = 4;
  EXPECT_EQ(compared_tokens(config), 16384) << "163 sets";
  config.model.heads = 8;
  EXPECT_EQ(compared_tokens(config), 4'000'000 / (1 + 16 + 120 + 6 * 256));
  config.model.layers = 8;
  EXPECT_EQ(compared_tokens(config), 4'000'000 / (1 + 8 * 256));
}

// Two layers of two heads: the means over all subsets by bits, and areas of two orders.
TEST(Rises, EqualTheMeansOverAllSubsets) {
  Setting s(lively(), 512);
  Ablation ablation(s.model, s.sample);
  const double whole = s.sample.loss(s.model);
  double sum[5] = {}, square[5] = {}, count[5] = {};
  for (unsigned bits = 0; bits < 16; ++bits) {
    at::Tensor mask = at::ones({4});
    for (int64_t head = 0; head < 4; ++head)
      if ((bits >> head) & 1) mask[head] = 0;
    const double rise = s.sample.loss(s.model, {.head_mask_LH = mask.view({2, 2})}) - whole;
    const int k = std::popcount(bits);
    sum[k] += rise, square[k] += rise * rise, ++count[k];
  }
  const at::Tensor order_LH = at::tensor({0.3, 0.1, 0.4, 0.2}).view({2, 2});
  ProbeRowWriter rows(7);
  add_rises(rows, ablation, 1, {{"importance", order_LH}});
  const std::vector<MetricRow>& got = rows.rows().metrics;
  for (int k = 1; k <= 2; ++k) {
    const double mean = sum[k] / count[k];
    EXPECT_NEAR(value_of(got, "ablate/rise_random", -1, k), mean, 1e-9);
    EXPECT_NEAR(value_of(got, "ablate/rise_random_sd", -1, k),
                std::sqrt(square[k] / count[k] - mean * mean), 1e-6);
  }
  auto without = [&](std::vector<double> keep) {
    return s.sample.loss(s.model, {.head_mask_LH = at::tensor(keep, at::kFloat).view({2, 2})}) -
           whole;
  };
  const double one = without({1, 0, 1, 1}), two = without({1, 0, 1, 0});
  EXPECT_GT(std::abs(two), 1e-3);
  EXPECT_NEAR(value_of(got, "ablate/rise_importance", -1, 1), one, 1e-9);
  EXPECT_NEAR(value_of(got, "ablate/rise_importance", -1, 2), two, 1e-9);
  EXPECT_NEAR(value_of(got, "probe/area_importance"), (one - sum[1] / 4 + two - sum[2] / 6) / 2,
              1e-9);
  EXPECT_EQ(value_of(got, "probe/area_tokens"), 512);
}

// 32 rows are held out: rises are scored on the first 16, so the gradient comes from the others.
TEST(Rises, TheGradientIsTakenOnOtherRows) {
  Setting s(lively());
  const std::vector<MetricRow> rows = testing::probe(s).metrics;
  EXPECT_EQ(value_of(rows, "probe/area_tokens"), 16 * 16);
  const ProbeSample others(*s.source, s.config, ProbeSample::Rows{16, 16}, at::kCPU, [] {});
  const at::Tensor want = gradient_importance_LH(s.model, others);
  for (int l = 0; l < 2; ++l)
    for (int h = 0; h < 2; ++h) {
      EXPECT_NEAR(value_of(rows, "head/gradient_apart", l, h), want[l][h].item<double>(), 1e-12);
      EXPECT_NE(value_of(rows, "head/gradient_apart", l, h), value_of(rows, "head/gradient", l, h));
    }
}

TEST(Worth, SumsCountsAndRanks) {
  Setting s(lively(), 512);
  s.parameter("model.layers.1.self_attn.o_proj.weight")
      .narrow(1, 8, 8)
      .zero_();  // head 1: worthless
  Ablation ablation(s.model, s.sample);
  const at::Tensor order_LH = at::tensor({0.1, 0.2, 0.3, 0.4}).view({2, 2});
  ProbeRowWriter writer(0);
  add_worth(writer, ablation, {{"importance", order_LH}, {"out_norm", at::ones({2, 2})}});
  const std::vector<MetricRow>& rows = writer.rows().metrics;
  double worth[4], total = 0;
  for (int i = 0; i < 4; ++i) worth[i] = value_of(rows, "head/ablation", i / 2, i % 2);
  EXPECT_NEAR(worth[3], 0, 1e-12);
  int useful[2] = {}, distance = 0;
  for (int i = 0; i < 4; ++i) {
    total += std::max(0.0, worth[i]);
    useful[i / 2] += worth[i] > 0.001;
    int rank = 0;
    for (const double other : worth) rank += other < worth[i];
    distance += (rank - i) * (rank - i);
  }
  EXPECT_NEAR(value_of(rows, "layer/worth", 0) + value_of(rows, "layer/worth", 1), total, 1e-12);
  EXPECT_NEAR(value_of(rows, "layer/worth", 1), std::max(0.0, worth[2]), 1e-12);
  EXPECT_EQ(value_of(rows, "layer/useful_heads", 0), useful[0]);
  EXPECT_EQ(value_of(rows, "layer/useful_heads", 1), useful[1]);
  EXPECT_EQ(value_of(rows, "probe/useful_heads"), useful[0] + useful[1]);
  EXPECT_EQ(value_of(rows, "probe/useful_share_min"), std::min(useful[0], useful[1]) / 2.0);
  EXPECT_GT(useful[0] + useful[1], 0);
  // Spearman without ties: 1 - 6 sum of squared rank distances / (n (n^2 - 1)).
  EXPECT_NEAR(value_of(rows, "probe/rank_importance"), 1 - 6.0 * distance / 60, 1e-12);
  EXPECT_NEAR(value_of(rows, "layer/rank_importance", 1), worth[2] < worth[3] ? 1 : -1, 1e-12);
  s.parameter("model.layers.1.self_attn.o_proj.weight").zero_();
  EXPECT_NEAR(value_of(rows, "layer/ablation", 1), s.sample.loss(s.model) - ablation.loss({}),
              1e-6);
  for (const MetricRow& row : rows) EXPECT_NE(row.name, "probe/rank_out_norm") << "no ranks";
}

}  // namespace
}  // namespace sinkmoe::train
