#include "train/update/optimizer.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

namespace sinkmoe::train {
namespace {

// One parameter with decay and one without, 40,000 numbers each: more than one chunk
// of the fused pass.
tensor::ParamSet make_params() {
  tensor::ParamSet params;
  params.add({"matrix", {200, 200}, tensor::ParamSpec::Init::normal, 1.0, true});
  params.add({"vector", {40000}, tensor::ParamSpec::Init::constant, 0.5, false});
  params.materialise(3, at::kCPU);
  return params;
}

config::TrainConfig config() {
  config::TrainConfig c;
  c.clip = 1;
  c.weight_decay = 0.1;
  return c;
}

void fill_gradient(tensor::ParamSet& params, int64_t step) {
  at::Tensor g = params.flat_grad();
  g.copy_(at::sin(at::arange(g.numel(), at::kFloat) * 0.37 + static_cast<double>(step)));
}

// AdamW written out for one element, in double.
double reference(double p, double decay, const std::vector<double>& g, const config::TrainConfig& c,
                 double lr) {
  double m = 0, v = 0;
  for (size_t t = 1; t <= g.size(); ++t) {
    m = c.beta1 * m + (1 - c.beta1) * g[t - 1];
    v = c.beta2 * v + (1 - c.beta2) * g[t - 1] * g[t - 1];
    const double mh = m / (1 - std::pow(c.beta1, t)), vh = v / (1 - std::pow(c.beta2, t));
    p = p * (1 - lr * decay) - lr * mh / (std::sqrt(vh) + c.adam_eps);
  }
  return p;
}

TEST(Optimizer, FollowsAdamWWithClippingAndDecayOfMatricesOnly) {
  tensor::ParamSet params = make_params();
  const config::TrainConfig c = config();
  Optimizer optimizer(params, c);
  const auto& entries = params.entries();
  const at::Tensor first = entries[0].value.detach().clone(),
                   second = entries[1].value.detach().clone();
  std::vector<double> g0, g1;
  for (int64_t t = 0; t < 5; ++t) {
    fill_gradient(params, t);
    const double norm = optimizer.gradient_norm(), scale = std::min(1.0, c.clip / norm);
    g0.push_back(scale * params.flat_grad()[entries[0].offset + 777].item<double>());
    g1.push_back(scale * params.flat_grad()[entries[1].offset + 777].item<double>());
    optimizer.step(t, 1e-2, norm);
  }
  EXPECT_NEAR(entries[0].value.flatten()[777].item<double>(),
              reference(first.flatten()[777].item<double>(), 0.1, g0, c, 1e-2), 2e-6);
  EXPECT_NEAR(entries[1].value[777].item<double>(),
              reference(second[777].item<double>(), 0, g1, c, 1e-2), 2e-6);
}

TEST(Optimizer, GradientNormIsTheNorm) {
  tensor::ParamSet params = make_params();
  fill_gradient(params, 0);
  const double expected = params.flat_grad().to(at::kDouble).norm().item<double>();
  EXPECT_NEAR(Optimizer(params, config()).gradient_norm() / expected, 1, 1e-12);
}

TEST(Optimizer, NoClippingBelowTheLimit) {
  tensor::ParamSet a = make_params(), b = make_params();
  config::TrainConfig wide = config(), none = config();
  wide.clip = 1e9;
  none.clip = 0;
  Optimizer x(a, wide), y(b, none);
  fill_gradient(a, 0);
  fill_gradient(b, 0);
  x.step(0, 1e-2, x.gradient_norm());
  y.step(0, 1e-2, y.gradient_norm());
  EXPECT_TRUE(a.flat().equal(b.flat()));
}

}  // namespace
}  // namespace sinkmoe::train
