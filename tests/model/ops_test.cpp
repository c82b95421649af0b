// The fused fp32 forms against the plain fp64 forms: values and every gradient.
#include "model/ops/ops.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

namespace sinkmoe::model {
namespace {

using Tensors = std::vector<at::Tensor>;

double relative(const at::Tensor& a, const at::Tensor& b) {
  return ((a.to(at::kDouble) - b.to(at::kDouble)).norm() /
          b.to(at::kDouble).norm().clamp_min(1e-30))
      .item<double>();
}

at::Tensor random(at::IntArrayRef shape, int64_t seed) {
  auto generator = at::detail::createCPUGenerator(static_cast<uint64_t>(seed));
  return at::randn(shape, generator, at::TensorOptions().dtype(at::kDouble));
}

// Runs f in fp32 and g in fp64 on the same numbers; compares outputs and gradients of
// sum(out * r), norm-wise.
void expect_same(const Tensors& inputs, const std::function<Tensors(const Tensors&)>& f,
                 const std::function<Tensors(const Tensors&)>& g, double tolerance = 1e-6) {
  Tensors narrow, wide;
  for (const at::Tensor& t : inputs) {
    narrow.push_back(t.to(at::kFloat).requires_grad_());
    wide.push_back(narrow.back().detach().to(at::kDouble).requires_grad_());
  }
  const Tensors a = f(narrow), b = g(wide);
  at::Tensor sum_a = at::zeros({}), sum_b = at::zeros({}, at::kDouble);
  for (size_t i = 0; i < a.size(); ++i) {
    ASSERT_EQ(a[i].sizes(), b[i].sizes());
    EXPECT_LT(relative(a[i], b[i]), tolerance) << "output " << i;
    const at::Tensor r = random(b[i].sizes(), 100 + static_cast<int64_t>(i)).to(at::kFloat);
    sum_a = sum_a + (a[i] * r).sum();
    sum_b = sum_b + (b[i] * r.to(at::kDouble)).sum();
  }
  sum_a.backward();
  sum_b.backward();
  for (size_t i = 0; i < narrow.size(); ++i)
    EXPECT_LT(relative(narrow[i].grad(), wide[i].grad()), tolerance) << "gradient of input " << i;
}

TEST(RmsNorm, MatchesPlainFp64) {
  for (const int64_t C : {1, 3, 64, 129}) {
    auto f = [](const Tensors& t) { return Tensors{rms_norm(t[0], t[1], 1e-5)}; };
    auto g = [](const Tensors& t) { return Tensors{plain::rms_norm(t[0], t[1], 1e-5)}; };
    expect_same({random({3, 171, C}, 1), random({C}, 2)}, f, g);
  }
}

TEST(BranchNorm, AddsBothGradients) {
  auto f = [](const Tensors& t) {
    auto [x, y] = branch_norm(t[0], t[1], 1e-5);
    return Tensors{x, y};
  };
  auto g = [](const Tensors& t) { return Tensors{t[0] * 1, plain::rms_norm(t[0], t[1], 1e-5)}; };
  expect_same({random({2, 300, 24}, 3), random({24}, 4)}, f, g);
}

TEST(ProjectHeads, MatchesPlainFp64) {
  for (const auto& [H, J] : {std::pair{4, 4}, {4, 2}, {6, 1}}) {
    const int64_t K = 8, C = H * K, T = 33;
    const RotaryTable rotary = rotary_table(T, K, 10000, at::kCPU);
    auto f = [&](const Tensors& t) {
      const HeadsQKV h = project_heads(t[0], t[1], H, J, rotary);
      return Tensors{h.q_BHTK, h.k_BJTK, h.v_BJTK};
    };
    auto g = [&](const Tensors& t) {
      const HeadsQKV h = plain::project_heads(t[0], t[1], H, J, rotary);
      return Tensors{h.q_BHTK, h.k_BJTK, h.v_BJTK};
    };
    expect_same({random({3, T, C}, 5), random({(H + 2 * J) * K, C}, 6)}, f, g);
  }
}

TEST(ProjectHeads, UnusedHeadsGetZeroGradient) {
  at::Tensor x = random({1, 5, 8}, 7).to(at::kFloat).requires_grad_();
  at::Tensor w = random({24, 8}, 8).to(at::kFloat).requires_grad_();
  project_heads(x, w, 2, 2, {}).q_BHTK.sum().backward();
  EXPECT_EQ(w.grad().narrow(0, 8, 16).abs().sum().item<double>(), 0);
  EXPECT_GT(w.grad().narrow(0, 0, 8).abs().sum().item<double>(), 0);
}

TEST(FeedForwardUp, MatchesPlainFp64) {
  for (const std::string kind : {"gelu", "relu2", "swiglu"}) {
    auto f = [&](const Tensors& t) { return Tensors{feed_forward_up(t[0], t[1], kind)}; };
    auto g = [&](const Tensors& t) { return Tensors{plain::feed_forward_up(t[0], t[1], kind)}; };
    expect_same({random({2, 77, 12}, 9), random({34, 12}, 10) * 0.7}, f, g, 2e-6);
  }
}

TEST(FeedForwardUp, GeluIsRightFarFromZero) {
  const at::Tensor x = at::tensor({-100.0f, -9.0f, 0.0f, 9.0f, 100.0f}).view({1, 5, 1}),
                   w = at::ones({1, 1});
  const at::Tensor y = feed_forward_up(x, w, "gelu").flatten();
  EXPECT_NEAR(y[0].item<double>(), 0, 1e-6);
  EXPECT_EQ(y[2].item<double>(), 0);
  EXPECT_FLOAT_EQ(y[3].item<float>(), 9);
  EXPECT_FLOAT_EQ(y[4].item<float>(), 100);
}

TEST(FeedForwardUp, LeavesASharedGradientAlone) {
  at::Tensor x = random({1, 4, 3}, 11).to(at::kFloat).requires_grad_(),
             w = random({5, 3}, 12).to(at::kFloat);
  const at::Tensor g = at::ones({1, 4, 5});
  feed_forward_up(x, w, "gelu").backward(g);
  EXPECT_TRUE(g.equal(at::ones({1, 4, 5})));
}

TEST(AddLinear, MatchesPlainFp64) {
  auto f = [](const Tensors& t) { return Tensors{add_linear(t[0], t[1], t[2])}; };
  auto g = [](const Tensors& t) { return Tensors{t[0] + at::linear(t[1], t[2])}; };
  expect_same({random({2, 40, 16}, 13), random({2, 40, 10}, 14), random({16, 10}, 15)}, f, g);
}

TEST(Embed, SumsGradientsOfRepeatedIds) {
  const at::Tensor ids = at::tensor({1, 2, 1, 1}, at::kLong).view({2, 2});
  auto f = [&](const Tensors& t) { return Tensors{embed(t[0], ids)}; };
  auto g = [&](const Tensors& t) { return Tensors{at::embedding(t[0], ids)}; };
  expect_same({random({4, 6}, 16)}, f, g);
}

TEST(LinearCrossEntropy, MatchesPlainFp64AcrossChunks) {
  for (const auto& [N, V] : {std::pair<int64_t, int64_t>{5, 7}, {200, 20000}}) {
    const at::Tensor target = at::arange(N, at::kLong) * 7919 % V;
    auto f = [&, t = target](const Tensors& in) {
      return Tensors{linear_cross_entropy(in[0], in[1], t)};
    };
    auto g = [&, t = target](const Tensors& in) {
      return Tensors{plain::linear_cross_entropy(in[0], in[1], t)};
    };
    // Small logits, because p - 1 cancels in any fp32 program if a target's probability p is near
    // 1.
    expect_same({random({N, 8}, 17) * 0.3, random({V, 8}, 18)}, f, g, 4e-6);
  }
}

TEST(TokenLosses, MeanIsTheLoss) {
  const at::Tensor h = random({130, 8}, 19).to(at::kFloat), w = random({9, 8}, 20).to(at::kFloat);
  const at::Tensor target = at::arange(130, at::kLong) % 9;
  const at::Tensor losses = token_losses(h, w, target);
  EXPECT_NEAR(losses.mean().item<double>(), linear_cross_entropy(h, w, target).item<double>(),
              1e-6);
  EXPECT_LT(relative(token_losses(h.to(at::kDouble), w, target), losses), 1e-6);
}

TEST(Rotary, ScoresDependOnDistanceOnly) {
  const RotaryTable rotary = rotary_table(16, 8, 10000, at::kCPU);
  const at::Tensor q = random({8}, 21).to(at::kFloat).expand({1, 1, 16, 8}),
                   k = random({8}, 22).to(at::kFloat).expand({1, 1, 16, 8});
  const at::Tensor s =
      at::matmul(rotate_heads(q, rotary), rotate_heads(k, rotary).transpose(2, 3))[0][0];
  EXPECT_NEAR(s[5][2].item<double>(), s[12][9].item<double>(), 1e-5);
  EXPECT_GT(std::abs(s[5][2].item<double>() - s[5][4].item<double>()), 1e-3);
}

}  // namespace
}  // namespace sinkmoe::model
