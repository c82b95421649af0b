// The kernels of the decoder on a GPU against their plain forms in fp64, at the sizes of real runs.
// Skips with a word where there is no device. Tests named Small fit under compute-sanitizer.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "model/ops/cross_entropy.h"
#include "model/ops/ops.h"
#include "model/ops/rms_norm.h"
#include "model/ops/rotary.h"
#include "support/gpu.h"
#include "tensor/device.h"

namespace sinkmoe::model {
namespace {

const auto* const load_cuda = ::testing::AddGlobalTestEnvironment(new testing::LoadCuda(false));

at::Tensor normal(at::IntArrayRef shape, at::ScalarType type) {
  return at::randn(shape, at::TensorOptions(at::kCUDA).dtype(at::kFloat)).to(type);
}

void expect_near(const at::Tensor& got, const at::Tensor& expected, double bound,
                 const std::string& what) {
  const at::Tensor wide = expected.to(at::kDouble);
  EXPECT_LE(((got.to(at::kDouble) - wide).norm() / wide.norm()).item<double>(), bound) << what;
}

double bound_of(at::ScalarType type) { return type == at::kFloat ? 4e-6 : 4e-3; }

void check_norm(int64_t N, int64_t C) {
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    const std::string what = "norm C " + std::to_string(C) + " " + at::toString(type);
    const at::Tensor x = normal({N, C}, type), dy = normal({N, C}, type),
                     residual = normal({N, C}, type), w = normal({C}, at::kFloat) + 1;
    const auto wide = [](const at::Tensor& t) { return t.to(at::kDouble); };
    const RmsNorm::Kernels &own = tensor::kernels<RmsNorm>(x),
                           &plain = tensor::plain_kernels<RmsNorm>();
    ASSERT_NE(&own, &plain);
    const auto [y, inverse] = own.forward(x, w, 1e-5);
    const auto [y64, inverse64] = plain.forward(wide(x), wide(w), 1e-5);
    const auto [dx, dw] = own.backward(dy, x, w, inverse, residual);
    const auto [dx64, dw64] = plain.backward(wide(dy), wide(x), wide(w), inverse64, wide(residual));
    expect_near(y, y64, bound_of(type), what + " y");
    expect_near(inverse, inverse64, 1e-6, what + " 1 / rms");
    expect_near(dx, dx64, bound_of(type), what + " dx");
    expect_near(dw, dw64, 1e-5, what + " dw");
  }
}

void check_rotary(int64_t B, int64_t T, int64_t heads, int64_t K) {
  const RotaryTable rotary = rotary_table(T, K, 10000, at::kCUDA);
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    const at::Tensor y = normal({B * T, (heads + 2) * K}, type), wide = y.to(at::kDouble);
    tensor::kernels<Rotary>(y).rotate(y, T, heads, K, rotary, 1);
    tensor::plain_kernels<Rotary>().rotate(wide, T, heads, K, rotary, 1);
    expect_near(y, wide, bound_of(type), "rotary K " + std::to_string(K));
  }
}

void check_loss(int64_t N, int64_t V) {
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    const std::string what = "V " + std::to_string(V) + " " + at::toString(type);
    const at::Tensor buffer = normal({N, (V + 63) / 64 * 64}, type);
    buffer.narrow(1, V, buffer.size(1) - V).zero_();
    const at::Tensor z = buffer.narrow(1, 0, V), wide = z.to(at::kDouble),
                     target =
                         at::arange(N, at::TensorOptions(at::kCUDA).dtype(at::kLong)) * 7919 % V,
                     loss = at::empty({N}, wide.options().dtype(at::kFloat)),
                     loss64 = at::empty({N}, wide.options());
    const double scale = 1 / static_cast<double>(N);
    tensor::kernels<CrossEntropy>(z).rows(z, target, scale, loss);
    tensor::plain_kernels<CrossEntropy>().rows(wide, target, scale, loss64);
    expect_near(loss, loss64, 2e-6, what + " loss");
    expect_near(z, wide, bound_of(type), what + " gradient");
    EXPECT_EQ(buffer.narrow(1, V, buffer.size(1) - V).abs().sum().item<double>(), 0) << what;
  }
}

TEST(GpuKernels, Small) {
  SKIP_WITHOUT_GPU();
  for (const int64_t C : {8, 64, 384, 2048}) check_norm(40, C);
  check_rotary(2, 33, 3, 64);
  check_rotary(2, 33, 3, 6);
  check_loss(5, 50);
  check_loss(5, 2049);
}

TEST(GpuKernels, TheShapesOfRealRuns) {
  SKIP_WITHOUT_GPU();
  for (const int64_t C : {384, 768, 1024, 2048}) check_norm(32768, C);
  for (const int64_t K : {64, 128}) check_rotary(32, 1024, 12, K);
  check_loss(8192, 8192);
  check_loss(4096, 50257);
}

}  // namespace
}  // namespace sinkmoe::model
