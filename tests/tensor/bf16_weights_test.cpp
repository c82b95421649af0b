// The bf16 copy of the weights is the cast of the weights, in value and in gradient, and never old.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tensor/params.h"

namespace sinkmoe::tensor {
namespace {

struct Weights : ::testing::Test {
  ParamSet params;
  const at::Tensor &a = params.add({"a", {5, 7}, ParamSpec::Init::normal, 1.0, true}),
                   &b = params.add({"b", {3, 5}, ParamSpec::Init::normal, 1.0, true});
  Weights() { params.materialise(1, at::kCPU); }

  // b (a x)^2 summed, in bf16; the gradients of a and b.
  std::vector<at::Tensor> gradients() {
    params.flat_grad().zero_();
    const at::Tensor x = at::arange(7, at::kFloat).to(at::kBFloat16);
    const at::Tensor y = at::linear(x, weight_as(a, at::kBFloat16));
    at::linear(y * y, weight_as(b, at::kBFloat16)).sum().backward();
    return {a.grad().clone(), b.grad().clone()};
  }
};

TEST_F(Weights, ScopeChangesNoBit) {
  const auto cast = gradients();
  const Bf16Weights scope(&params);
  const auto copied = gradients();
  for (size_t i = 0; i < cast.size(); ++i) {
    EXPECT_TRUE(cast[i].equal(copied[i])) << i;
    EXPECT_EQ(copied[i].scalar_type(), at::kFloat);
    EXPECT_GT(copied[i].abs().sum().item<double>(), 0);
  }
}

TEST_F(Weights, InAScopeTheCopyItselfIsUsed) {
  const Bf16Weights scope(&params);
  const at::Tensor copy = weight_as(b, at::kBFloat16);
  EXPECT_TRUE(copy.is_alias_of(params.bf16()));
  EXPECT_TRUE(copy.equal(b.to(at::kBFloat16)));
  EXPECT_FALSE(weight_as(at::ones({2, 2}), at::kBFloat16).is_alias_of(params.bf16()));
  EXPECT_TRUE(weight_as(a, at::kFloat).is_same(a));
}

TEST_F(Weights, ACopyIsNeverOld) {
  const Bf16Weights scope(&params);
  EXPECT_TRUE(weight_as(a, at::kBFloat16).equal(a.to(at::kBFloat16)));
  {
    const at::NoGradGuard no_grad;
    a.detach().mul_(3);  // as a loaded parent or an ablation would
  }
  EXPECT_TRUE(weight_as(a, at::kBFloat16).equal(a.to(at::kBFloat16)));
  at::Tensor flat = params.flat();
  flat.narrow(0, 0, 10).zero_();
  EXPECT_TRUE(weight_as(a, at::kBFloat16).equal(a.to(at::kBFloat16)));
}

}  // namespace
}  // namespace sinkmoe::tensor
