// The losses and shared heads against literal values, and the paper's loss against its analytic
// gradient. (operations_test.cpp and conformance_test.cpp have closed heads and position 0.)
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "balance/balance.h"
#include "core/registry.h"

namespace sinkmoe::balance {
namespace {

at::Tensor gates_of(const std::vector<double>& importance, int64_t B = 2, int64_t T = 5) {
  at::Tensor gate = at::tensor(importance, at::kDouble).view({1, -1, 1}).repeat({B, 1, T});
  gate.select(2, 0).zero_();  // row 0, as vanilla has it
  return gate;
}

double loss_of(const std::string& name, std::vector<at::Tensor> gates,
               const at::Tensor& shared = {}) {
  return (*Registry<LossKind>::get(name).make({}))({.gates_BHT = gates, .shared_LH = shared})
      .item<double>();
}

TEST(Importance, NeedsTwoTokens) {
  EXPECT_THROW(importance_H(at::ones({2, 3, 1})), std::invalid_argument);
}

TEST(Cv2, MatchesHandValues) {
  // 0.2, 0.4, 0.6: mean 0.4, deviations over mean -0.5, 0, 0.5.
  EXPECT_NEAR(loss_of("cv2", {gates_of({0.2, 0.4, 0.6})}), 0.5, 1e-12);
  EXPECT_NEAR(loss_of("cv2", {gates_of({0.2, 0.4, 0.6}), gates_of({1, 1, 1})}), 0.5, 1e-12);
  const at::Tensor shared = at::tensor({0, 0, 0, 1}, at::kInt).view({1, 4}).to(at::kBool);
  EXPECT_NEAR(loss_of("cv2", {gates_of({0.2, 0.4, 0.6, 0.9})}, shared), 0.5, 1e-12);
  // One open head of four: N_h (N_h - 1).
  EXPECT_NEAR(loss_of("cv2", {gates_of({0, 0, 0, 0.3})}), 12, 1e-12);
}

// E17: dL/dG = 2 lambda / (n mu^2) (Imp_h - mu - var/mu), one value per head for all rows and
// tokens but row 0.
TEST(Cv2, GradientIsTheAnalyticOne) {
  const std::vector<double> importance{0.15, 0.5, 0.9, 0.35};
  at::Tensor gate = gates_of(importance, 3, 7).set_requires_grad(true);
  std::vector<at::Tensor> gates{gate};
  (*Registry<LossKind>::get("cv2").make({}))({.gates_BHT = gates, .shared_LH = {}}).backward();
  const double n = 3 * 6;
  double mu = 0, var = 0;
  for (const double x : importance) mu += x / 4;
  for (const double x : importance) var += (x - mu) * (x - mu) / 4;
  for (int64_t h = 0; h < 4; ++h) {
    const double expected =
        2 / (n * mu * mu) * (importance[static_cast<size_t>(h)] - mu - var / mu);
    const at::Tensor rows = gate.grad().select(1, h);
    EXPECT_NEAR(rows.slice(1, 1).min().item<double>(), expected, 1e-12);
    EXPECT_NEAR(rows.slice(1, 1).max().item<double>(), expected, 1e-12);
    EXPECT_EQ(rows.select(1, 0).abs().max().item<double>(), 0);
  }
}

TEST(TopHeads, MarksTheMostImportant) {
  const at::Tensor importance =
      at::tensor({0.1, 0.9, 0.5, 0.7, 0.2, 0.3}, at::kDouble).view({2, 3});
  const at::Tensor top = top_heads_LH(importance, 1);
  EXPECT_TRUE(at::equal(top, at::tensor({0, 1, 0, 1, 0, 0}, at::kInt).view({2, 3}).to(at::kBool)));
  EXPECT_EQ(top_heads_LH(importance, 0).sum().item<int64_t>(), 0);
}

TEST(Switch, MatchesHandValues) {
  // Every token's largest gate is head 2: f = (0,0,1), P = (1/6, 2/6, 3/6): 3 * 1/2.
  EXPECT_NEAR(loss_of("switch", {gates_of({0.2, 0.4, 0.6})}), 1.5, 1e-12);
}

TEST(Entropy, MatchesHandValues) {
  // Shares 1/4 and 3/4.
  const double expected = std::log(2) + 0.25 * std::log(0.25) + 0.75 * std::log(0.75);
  EXPECT_NEAR(loss_of("entropy", {gates_of({0.2, 0.6})}), expected, 1e-12);
}

TEST(L2Mean, MatchesHandValues) {
  EXPECT_NEAR(loss_of("l2_mean", {gates_of({0.2, 0.6})}), 0.08, 1e-12);
}

}  // namespace
}  // namespace sinkmoe::balance
