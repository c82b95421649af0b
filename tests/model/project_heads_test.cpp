// Projection of queries, keys and values with rotary positions: every backend of the rotation against
// the reference form. The CUDA kernel runs on the processor (support/kernels_on_cpu.h).
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/ops/rotary.h"
#include "model/reference.h"
#include "support/conformance.h"

#define SINKMOE_KERNELS_ON_CPU
#define cuda cuda_on_cpu  // the kernels of a CUDA build keep their names to themselves
#include "model/cuda/rotate.cu"
#include "model/cuda/rotate_cuda.cpp"
#undef cuda

namespace sinkmoe::model {
namespace {

using testing::Conformance;
using testing::random_fp64;
using testing::Tensors;

Tensors list(const HeadsQKV& h) { return {h.q_BHTK, h.k_BJTK, h.v_BJTK}; }

Conformance projection(int64_t H, int64_t J, int64_t T, int64_t K, bool turned) {
  const RotaryTable rotary = turned ? rotary_table(T, K, 10000, at::kCPU) : RotaryTable{};
  const auto on = [rotary](const at::Tensor& x) {
    return rotary.cos_TK2.defined()
               ? RotaryTable{rotary.cos_TK2.to(x.device()), rotary.sin_TK2.to(x.device())}
               : rotary;
  };
  return {.what = "H " + std::to_string(H) + " J " + std::to_string(J) + " K " + std::to_string(K) +
                  (turned ? " turned" : ""),
          .op = [=](const Tensors& x) { return list(project_heads(x[0], x[1], H, J, on(x[0]))); },
          .reference =
              [=](const Tensors& x) {
                return list(reference::project_heads(x[0], x[1], H, J, rotary));
              },
          .inputs = {random_fp64({2, T, 12}, 1), random_fp64({(H + 2 * J) * K, 12}, 2)},
          .weights_from = 1};
}

TEST(ProjectHeads, EveryBackendIsTheReference) {
  EXPECT_THAT(testing::backend_names<Rotary>(),
              ::testing::IsSupersetOf({"cpu", "cuda on cpu", "plain"}));
  testing::expect_every_backend_conforms<Rotary>(
      {projection(4, 4, 7, 6, true), projection(4, 2, 33, 8, true), projection(6, 1, 1, 2, true),
       projection(4, 2, 7, 6, false)});
}

TEST(ProjectHeads, UnusedHeadsGetZeroGradient) {
  const at::Tensor x = random_fp64({1, 5, 8}, 7).to(at::kFloat).requires_grad_(),
                   w = random_fp64({24, 8}, 8).to(at::kFloat).requires_grad_();
  project_heads(x, w, 2, 2, {}).q_BHTK.sum().backward();
  EXPECT_EQ(w.grad().narrow(0, 8, 16).abs().sum().item<double>(), 0);
  EXPECT_GT(w.grad().narrow(0, 0, 8).abs().sum().item<double>(), 0);
}

TEST(Rotary, ScoresDependOnDistanceOnly) {
  const RotaryTable rotary = rotary_table(16, 8, 10000, at::kCPU);
  const at::Tensor q = random_fp64({8}, 21).to(at::kFloat).expand({1, 1, 16, 8}),
                   k = random_fp64({8}, 22).to(at::kFloat).expand({1, 1, 16, 8});
  const at::Tensor s =
      at::matmul(rotate_heads(q, rotary), rotate_heads(k, rotary).transpose(2, 3))[0][0];
  EXPECT_NEAR(s[5][2].item<double>(), s[12][9].item<double>(), 1e-5);
  EXPECT_GT(std::abs(s[5][2].item<double>() - s[5][4].item<double>()), 1e-3);
}

}  // namespace
}  // namespace sinkmoe::model
