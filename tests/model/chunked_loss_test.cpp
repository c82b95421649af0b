// The cross-entropy for GPUs: its logic on CPU tensors against the plain form under autograd, and
// its kernel, run on the CPU (support/kernels_on_cpu.h), against ATen.
#include "model/ops/chunked_loss.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "core/random.h"
#include "model/ops/ops.h"
#include "support/tensors.h"

#define SINKMOE_KERNELS_ON_CPU
#define cuda cuda_on_cpu  // the kernels of a CUDA build keep their names to themselves
#include "model/cuda/cross_entropy.cu"
#include "model/cuda/cross_entropy_cuda.cpp"
#undef cuda

namespace sinkmoe::model {
namespace {

using testing::error;
using testing::normal;

at::Tensor targets(int64_t N, int64_t V) {
  at::Tensor t = at::empty({N}, at::kLong);
  Draw draw(7, "targets");
  for (int64_t i = 0; i < N; ++i)
    t.data_ptr<int64_t>()[i] = static_cast<int64_t>(draw.below(static_cast<uint64_t>(V)));
  return t;
}

// Vocabularies that fill the pieces of a block and some that do not; odd ones use single loads.
TEST(ChunkedLoss, KernelIsThePlainVersion) {
  for (const int64_t V : {5, 64, 1000, 2049, 4096})
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16})
      for (const double size : {1.0, 30.0}) {
        const at::Tensor a = (normal({3, V}, 1) * size).to(type), b = a.clone();
        const at::Tensor target = targets(3, V), loss_a = at::empty({3}), loss_b = at::empty({3});
        rows_by_kernel(a, target, 0.25, loss_a);
        plain_loss_rows(b, target, 0.25, loss_b);
        EXPECT_LE(error(loss_a, loss_b), 2e-6) << V;
        EXPECT_LE(error(a, b), type == at::kFloat ? 2e-6 : 4e-3) << V;
      }
}

TEST(ChunkedLoss, KernelKeepsANotANumberVisible) {
  at::Tensor z = normal({2, 64}, 1);
  const at::Tensor loss = at::empty({2});
  z[1][9] = NAN;
  rows_by_kernel(z, targets(2, 64), 1, loss);
  EXPECT_TRUE(std::isfinite(loss[0].item<double>()));
  EXPECT_TRUE(std::isnan(loss[1].item<double>()));
}

// More tokens than a chunk, and a factor from the graph above.
TEST(ChunkedLoss, IsThePlainLossWithItsGradients) {
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    const int64_t N = 9000, C = 8, V = 13;
    const at::Tensor h0 = normal({N, C}, 2).to(type), w0 = normal({V, C}, 3);
    const auto gradients = [&](auto f) {
      const at::Tensor h = h0.clone().set_requires_grad(true),
                       w = w0.clone().set_requires_grad(true);
      const at::Tensor loss = f(h, w, targets(N, V));
      auto g = torch::autograd::grad({loss * 0.5}, {h, w});
      return std::vector<at::Tensor>{loss.detach(), g[0], g[1]};
    };
    const auto got = gradients(chunked_cross_entropy),
               expected = gradients(plain::linear_cross_entropy);
    for (size_t i = 0; i < got.size(); ++i) {
      EXPECT_EQ(got[i].scalar_type(), expected[i].scalar_type());
      EXPECT_LE(error(got[i], expected[i]), type == at::kFloat ? 2e-6 : 1e-2) << i;
    }
  }
}

}  // namespace
}  // namespace sinkmoe::model
