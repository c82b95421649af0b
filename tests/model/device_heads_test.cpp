// The rotation kernel, run on the CPU (support/kernels_on_cpu.h), inside the projection of queries,
// keys and values, against the plain form under autograd.
#include "model/ops/device_heads.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "support/tensors.h"

#define SINKMOE_KERNELS_ON_CPU
#define cuda cuda_on_cpu  // the kernels of a CUDA build keep their names to themselves
#include "model/cuda/rotate.cu"
#include "model/cuda/rotate_cuda.cpp"
#undef cuda

namespace sinkmoe::model {
namespace {

using testing::error;
using testing::normal;

// q, k, v and the gradients of x and w, for a loss on the outputs that `used` names.
template <class F>
std::vector<at::Tensor> run(const F& project, const at::Tensor& x0, const at::Tensor& w0,
                            const std::vector<int>& used) {
  const at::Tensor x = x0.clone().set_requires_grad(true), w = w0.clone().set_requires_grad(true);
  const HeadsQKV h = project(x, w);
  const at::Tensor outputs[] = {h.q_BHTK, h.k_BJTK, h.v_BJTK};
  at::Tensor loss = at::zeros({});
  for (const int i : used)
    loss = loss + (outputs[i].to(at::kFloat) * normal(outputs[i].sizes(), 10 + i)).sum();
  auto g = torch::autograd::grad({loss}, {x, w});
  return {h.q_BHTK.detach(), h.k_BJTK.detach(), h.v_BJTK.detach(), g[0], g[1]};
}

TEST(DeviceHeads, ProjectionAndRotationAreThePlainForm) {
  constexpr int64_t B = 2, T = 7, C = 12, H = 4, K = 6;
  const RotaryTable rotary = rotary_table(T, K, 10000, at::kCPU);
  for (const int64_t J : {1, 2, 4})
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16})
      for (const std::vector<int>& used : {std::vector<int>{0, 1, 2}, {1}}) {
        const at::Tensor x = normal({B, T, C}, 1).to(type), w = normal({(H + 2 * J) * K, C}, 2);
        const auto got = run(
            [&](const at::Tensor& x, const at::Tensor& w) {
              return project_heads_by(rotate_by_kernel, x, w, H, J, rotary);
            },
            x, w, used);
        const auto expected =
            run([&](const at::Tensor& x,
                    const at::Tensor& w) { return plain::project_heads(x, w, H, J, rotary); },
                x.to(at::kFloat), w, used);
        for (size_t i = 0; i < got.size(); ++i) {
          EXPECT_EQ(got[i].sizes(), expected[i].sizes());
          EXPECT_LE(error(got[i], expected[i]), type == at::kFloat ? 2e-6 : 1e-2) << i;
        }
        EXPECT_EQ(got[4].scalar_type(), at::kFloat);
      }
}

TEST(DeviceHeads, OnTheCpuThereIsNoKernel) {
  EXPECT_EQ(rotation_for(at::zeros({1, 2, 8}), rotary_table(2, 4, 10000, at::kCPU)), nullptr);
}

}  // namespace
}  // namespace sinkmoe::model
