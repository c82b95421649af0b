// The kernels of RMSNorm, run on the CPU (support/kernels_on_cpu.h), against the plain form under
// autograd.
#include "model/ops/device_norm.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "model/ops/ops.h"
#include "support/tensors.h"

#define SINKMOE_KERNELS_ON_CPU
#define cuda cuda_on_cpu  // the kernels of a CUDA build keep their names to themselves
#include "model/cuda/norm.cu"
#include "model/cuda/norm_cuda.cpp"
#undef cuda

namespace sinkmoe::model {
namespace {

using testing::error;
using testing::normal;

struct Result {
  at::Tensor y, dx, dw;
};

// A loss on the normed output and, if wanted, on the stream that passes by.
template <class F>
Result run(const F& branch, const at::Tensor& x0, const at::Tensor& w0, bool both) {
  const at::Tensor x = x0.clone().set_requires_grad(true), w = w0.clone().set_requires_grad(true);
  const auto [residual, y] = branch(x, w);
  const at::Tensor d = normal(x.sizes(), 5).to(x.scalar_type()),
                   e = normal(x.sizes(), 6).to(x.scalar_type());
  at::Tensor loss = (y * d).sum();
  if (both) loss = loss + (residual * e).sum();
  const auto g = torch::autograd::grad({loss}, {x, w});
  return {y.detach(), g[0], g[1]};
}

TEST(DeviceNorm, KernelsAreThePlainForm) {
  for (const auto& [B, T, C] : {std::tuple<int64_t, int64_t, int64_t>{1, 1, 8},
                                {2, 9, 24},
                                {3, 11, 384},
                                {1, 33, 768},
                                {1, 2, 2048}})
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16})
      for (const bool both : {false, true}) {
        const at::Tensor x = (normal({B, T, C}, 1) * 3).to(type), w = normal({C}, 2) + 1;
        ASSERT_TRUE(kNorm.fits(x, w));
        const Result got =
            run([](const at::Tensor& x,
                   const at::Tensor& w) { return branch_norm_by(kNorm, x, w, 1e-5); },
                x, w, both);
        // The plain form, in fp32 for the rounded inputs: what bf16 would be without rounding.
        const Result expected =
            run([](const at::Tensor& x,
                   const at::Tensor& w) { return std::pair(x, plain::rms_norm(x, w, 1e-5)); },
                x.to(at::kFloat), w, both);
        const double bound = type == at::kFloat ? 2e-6 : 4e-3;
        EXPECT_LE(error(got.y, expected.y), bound) << C;
        EXPECT_LE(error(got.dx, expected.dx), bound) << C;
        EXPECT_LE(error(got.dw, expected.dw), type == at::kFloat ? 2e-6 : 1e-2) << C;
        EXPECT_EQ(got.y.scalar_type(), type);
        EXPECT_EQ(got.dw.scalar_type(), at::kFloat);
      }
}

TEST(DeviceNorm, WhatTheKernelsCannotReadIsLeftToThePlainForm) {
  EXPECT_FALSE(kNorm.fits(at::zeros({2, 12}), at::zeros({12})));
  EXPECT_FALSE(kNorm.fits(at::zeros({2, 4096}), at::zeros({4096})));
  EXPECT_FALSE(kNorm.fits(at::zeros({2, 16}, at::kDouble), at::zeros({16}, at::kDouble)));
  EXPECT_EQ(norm_kernels(at::zeros({2, 16}), at::zeros({16})), nullptr);  // on the CPU
}

}  // namespace
}  // namespace sinkmoe::model
