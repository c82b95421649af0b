// The feed-forward layer, products with weights and the embedding against their reference forms.
#include "model/ops/feed_forward.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/ops/ops.h"
#include "model/reference.h"
#include "support/conformance.h"

namespace sinkmoe::model {
namespace {

using testing::Conformance;
using testing::random_fp64;
using testing::Tensors;

Conformance feed_forward(config::Mlp kind, double size) {
  return {
      .what = std::string(name_of(kind)) + " size " + std::to_string(size),
      .op = [=](const Tensors& x) { return Tensors{feed_forward_up(x[0], x[1], kind)}; },
      .reference =
          [=](const Tensors& x) { return Tensors{reference::feed_forward_up(x[0], x[1], kind)}; },
      .inputs = {random_fp64({2, 77, 12}, 9) * size, random_fp64({34, 12}, 10) * 0.7},
      .weights_from = 1,
      .bounds = {.fp32 = 4e-6}};
}

TEST(FeedForwardUp, EveryBackendIsTheReference) {
  EXPECT_THAT(testing::backend_names<Activation>(), ::testing::IsSupersetOf({"cpu", "plain"}));
  std::vector<Conformance> cases;
  for (const config::Mlp kind : {config::Mlp::gelu, config::Mlp::relu2, config::Mlp::swiglu})
    for (const double size : {1.0, 1e-3, 20.0}) cases.push_back(feed_forward(kind, size));
  testing::expect_every_backend_conforms<Activation>(cases);
}

TEST(FeedForwardUp, GeluIsRightFarFromZero) {
  const at::Tensor x = at::tensor({-100.0f, -9.0f, 0.0f, 9.0f, 100.0f}).view({1, 5, 1}),
                   w = at::ones({1, 1});
  const at::Tensor y = feed_forward_up(x, w, config::Mlp::gelu).flatten();
  EXPECT_NEAR(y[0].item<double>(), 0, 1e-6);
  EXPECT_EQ(y[2].item<double>(), 0);
  EXPECT_FLOAT_EQ(y[3].item<float>(), 9);
  EXPECT_FLOAT_EQ(y[4].item<float>(), 100);
}

TEST(FeedForwardUp, LeavesASharedGradientAlone) {
  const at::Tensor x = random_fp64({1, 4, 3}, 11).to(at::kFloat).requires_grad_(),
                   w = random_fp64({5, 3}, 12).to(at::kFloat), g = at::ones({1, 4, 5});
  feed_forward_up(x, w, config::Mlp::gelu).backward(g);
  EXPECT_TRUE(g.equal(at::ones({1, 4, 5})));
}

TEST(AddLinear, IsTheReferenceInEveryType) {
  testing::expect_conformance(
      {.what = "add_linear",
       .op = [](const Tensors& x) { return Tensors{add_linear(x[0], x[1], x[2])}; },
       .reference = [](const Tensors& x) { return Tensors{x[0] + at::linear(x[1], x[2])}; },
       .inputs = {random_fp64({2, 40, 16}, 13), random_fp64({2, 40, 10}, 14),
                  random_fp64({16, 10}, 15)},
       .weights_from = 2},
      {at::kDouble, at::kFloat, at::kBFloat16});
}

TEST(Embed, SumsGradientsOfRepeatedIds) {
  const at::Tensor ids = at::tensor({1, 2, 1, 1}, at::kLong).view({2, 2});
  testing::expect_conformance(
      {.what = "embed",
       .op = [=](const Tensors& x) { return Tensors{embed(x[0], ids)}; },
       .reference = [=](const Tensors& x) { return Tensors{at::embedding(x[0], ids)}; },
       .inputs = {random_fp64({4, 6}, 16)}},
      {at::kDouble, at::kFloat});
}

}  // namespace
}  // namespace sinkmoe::model
