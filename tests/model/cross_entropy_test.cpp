// Output projection with cross-entropy: every backend against the reference form. The CUDA kernel runs
// on the processor (support/kernels_on_cpu.h).
#include "model/ops/cross_entropy.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "model/ops/ops.h"
#include "model/reference.h"
#include "support/conformance.h"

#define SINKMOE_KERNELS_ON_CPU
#define cuda cuda_on_cpu  // the kernels of a CUDA build keep their names to themselves
#include "model/cuda/cross_entropy.cu"
#include "model/cuda/cross_entropy_cuda.cpp"
#undef cuda

namespace sinkmoe::model {
namespace {

using testing::Conformance;
using testing::random_fp64;
using testing::Tensors;

at::Tensor targets(int64_t N, int64_t V) { return at::arange(N, at::kLong) * 7919 % V; }

// Small logits by default: where a target's probability is near 1, p - 1 cancels in any fp32 program.
Conformance loss_case(int64_t N, int64_t C, int64_t V, double size = 0.3) {
  const at::Tensor target = targets(N, V);
  return {.what = "N " + std::to_string(N) + " V " + std::to_string(V) + " size " +
                  std::to_string(size),
          .op =
              [=](const Tensors& x) {
                return Tensors{linear_cross_entropy(x[0], x[1], target.to(x[0].device()))};
              },
          .reference =
              [=](const Tensors& x) {
                return Tensors{reference::linear_cross_entropy(x[0], x[1], target)};
              },
          .inputs = {random_fp64({N, C}, 17) * size, random_fp64({V, C}, 18)},
          .weights_from = 1,
          .bounds = {.fp32 = 4e-6, .bf16 = 2e-2}};
}

// Vocabularies that fill a block's pieces and that do not; more tokens than a chunk.
TEST(CrossEntropy, EveryBackendIsTheReference) {
  EXPECT_THAT(testing::backend_names<CrossEntropy>(),
              ::testing::IsSupersetOf({"cpu", "cuda on cpu", "plain"}));
  testing::expect_every_backend_conforms<CrossEntropy>(
      {loss_case(5, 8, 7), loss_case(3, 8, 64), loss_case(3, 8, 2049), loss_case(1, 8, 1000),
       loss_case(70, 8, 17000), loss_case(4, 8, 33, 8)});
}

TEST(CrossEntropy, AFactorFromTheGraphAboveReachesBothGradients) {
  const at::Tensor h = random_fp64({5, 4}, 1).to(at::kFloat).requires_grad_(),
                   w = random_fp64({7, 4}, 2).to(at::kFloat).requires_grad_();
  const auto gradients = [&](double factor) {
    return torch::autograd::grad({linear_cross_entropy(h, w, targets(5, 7)) * factor}, {h, w});
  };
  const auto one = gradients(1), half = gradients(0.5);
  for (size_t i = 0; i < 2; ++i) EXPECT_TRUE(half[i].equal(one[i] * 0.5));
}

// Every backend: rows are independent, and a NaN stays in its own.
TEST(CrossEntropy, ANotANumberStaysInItsRow) {
  for (const std::string& backend : testing::backend_names<CrossEntropy>()) {
    const at::Tensor z = random_fp64({2, 64}, 1).to(at::kFloat), loss = at::empty({2});
    z[1][9] = NAN;
    tensor::kernels_of<CrossEntropy>(backend).rows(z, targets(2, 64), 1, loss);
    EXPECT_TRUE(std::isfinite(loss[0].item<double>())) << backend;
    EXPECT_TRUE(std::isnan(loss[1].item<double>())) << backend;
  }
}

TEST(TokenLosses, MeanIsTheLoss) {
  const at::Tensor h = random_fp64({130, 8}, 19).to(at::kFloat),
                   w = random_fp64({9, 8}, 20).to(at::kFloat), target = targets(130, 9);
  for (const std::string& backend : testing::backend_names<CrossEntropy>()) {
    const tensor::ForcedBackend<CrossEntropy> forced(backend);
    const at::Tensor losses = token_losses(h, w, target);
    EXPECT_EQ(losses.scalar_type(), at::kFloat);
    EXPECT_NEAR(losses.mean().item<double>(),
                reference::linear_cross_entropy(h, w, target).item<double>(), 1e-6)
        << backend;
  }
}

}  // namespace
}  // namespace sinkmoe::model
