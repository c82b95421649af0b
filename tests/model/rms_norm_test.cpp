// RMSNorm: every backend against the reference form. The CUDA kernels run on the processor
// (support/kernels_on_cpu.h).
#include "model/ops/rms_norm.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/ops/ops.h"
#include "model/reference.h"
#include "support/conformance.h"

#define SINKMOE_KERNELS_ON_CPU
#define cuda cuda_on_cpu  // the kernels of a CUDA build keep their names to themselves
#include "model/cuda/norm.cu"
#include "model/cuda/norm_cuda.cpp"
#undef cuda

namespace sinkmoe::model {
namespace {

using testing::Conformance;
using testing::random_fp64;
using testing::Tensors;

Conformance norm_case(int64_t B, int64_t T, int64_t C, double size) {
  return {
      .what = "B " + std::to_string(B) + " T " + std::to_string(T) + " C " + std::to_string(C) +
              " size " + std::to_string(size),
      .op =
          [](const Tensors& x) {
            const auto [residual, y] = branch_norm(x[0], x[1], 1e-5);
            return Tensors{residual, y};
          },
      .reference =
          [](const Tensors& x) { return Tensors{x[0] * 1, reference::rms_norm(x[0], x[1], 1e-5)}; },
      .inputs = {random_fp64({B, T, C}, 1) * size, random_fp64({C}, 2) + 1},
      .weights_from = 1};
}

// Widths that kernels can read and that they cannot; more rows than a block or a chunk takes.
TEST(RmsNorm, EveryBackendIsTheReference) {
  EXPECT_THAT(testing::backend_names<RmsNorm>(),
              ::testing::IsSupersetOf({"cpu", "cuda on cpu", "plain"}));
  std::vector<Conformance> cases{
      norm_case(1, 1, 8, 1),    norm_case(2, 9, 24, 3),    norm_case(3, 171, 3, 1),
      norm_case(1, 33, 768, 1), norm_case(1, 300, 64, 1),  norm_case(1, 2, 2048, 1),
      norm_case(1, 2, 4096, 1), norm_case(2, 5, 16, 1e-3), norm_case(2, 5, 16, 1e4)};
  cases.push_back(norm_case(1, 6, 32, 1));
  cases.back().what = "a row of zeros";
  cases.back().inputs[0].select(1, 3).zero_();
  testing::expect_every_backend_conforms<RmsNorm>(cases);
}

TEST(RmsNorm, IsTheSecondOutputOfBranchNorm) {
  const at::Tensor x = random_fp64({2, 3, 4, 8}, 1).to(at::kFloat), w = at::ones({8});
  EXPECT_TRUE(rms_norm(x, w, 1e-5).equal(branch_norm(x, w, 1e-5).second));
}

}  // namespace
}  // namespace sinkmoe::model
