// ParamSet: one flat buffer, reproducible draws, gradients that land in the flat gradient.
#include "tensor/params.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/random.h"

namespace sinkmoe::tensor {
namespace {

ParamSpec matrix(const std::string& name, int64_t rows, int64_t cols) {
  return {.name = name, .shape = {rows, cols}, .value = 0.02, .decay = true};
}

ParamSpec constant(const std::string& name, int64_t n, double value) {
  return {.name = name, .shape = {n}, .init = ParamSpec::Init::constant, .value = value};
}

TEST(ParamSet, DrawsDependOnSeedAndNameAlone) {
  ParamSet one, two;
  const at::Tensor& a = one.add(matrix("a", 5, 7));
  two.add(constant("norm", 3, 1));
  two.add(matrix("b", 4, 4));
  const at::Tensor& a2 = two.add(matrix("a", 5, 7));
  one.materialise(11, at::kCPU);
  two.materialise(11, at::kCPU);
  EXPECT_TRUE(at::equal(a, a2));
  Draw draw(11, "init/a");
  EXPECT_EQ(a[0][0].item<float>(), static_cast<float>(0.02 * draw.normal()));
  EXPECT_EQ(a[0][1].item<float>(), static_cast<float>(0.02 * draw.normal()));
}

TEST(ParamSet, SpreadIsTheDeclaredOne) {
  ParamSet set;
  const at::Tensor& a = set.add(matrix("a", 200, 100));
  set.materialise(0, at::kCPU);
  EXPECT_NEAR(a.std().item<double>(), 0.02, 0.0005);
  EXPECT_NEAR(a.mean().item<double>(), 0, 0.0005);
}

TEST(ParamSet, DecayedParametersStandFirstAndAligned) {
  ParamSet set;
  set.add(constant("norm", 3, 1));
  set.add(matrix("a", 5, 7));
  set.add(constant("sinks", 4, -2));
  set.add(matrix("b", 2, 2));
  set.materialise(0, at::kCPU);
  EXPECT_EQ(set.count(), 3 + 35 + 4 + 4);
  EXPECT_EQ(set.decayed(), 48 + 16);
  EXPECT_EQ(set.flat().numel(), 48 + 16 + 16 + 16);
  for (const ParamSet::Entry& entry : set.entries()) {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(entry.value.data_ptr()) % 64, 0u) << entry.spec.name;
    EXPECT_EQ(entry.spec.decay, entry.offset < set.decayed()) << entry.spec.name;
    EXPECT_TRUE(entry.value.is_leaf());
    EXPECT_TRUE(entry.value.requires_grad());
  }
  EXPECT_EQ(set.flat()[set.entries()[2].offset].item<float>(), -2);
}

TEST(ParamSet, GradientsAccumulateInTheFlatBuffer) {
  ParamSet set;
  const at::Tensor& a = set.add(matrix("a", 3, 5));
  const at::Tensor& b = set.add(constant("b", 2, 1));
  set.materialise(0, at::kCPU);
  for (int i = 0; i < 2; ++i) (a.sum() * 3 + (b * b).sum()).backward();
  EXPECT_TRUE(at::equal(set.flat_grad().narrow(0, 0, 15), at::full({15}, 6.0f)));
  EXPECT_TRUE(
      at::equal(set.flat_grad().narrow(0, set.entries()[1].offset, 2), at::full({2}, 4.0f)));
  EXPECT_EQ(set.flat_grad()[15].item<float>(), 0) << "padding stays zero";
}

TEST(ParamSet, PrecisionsAgreeToRounding) {
  ParamSet single, twice;
  const at::Tensor& a = single.add(matrix("a", 6, 6));
  const at::Tensor& b = twice.add(matrix("a", 6, 6));
  single.materialise(5, at::kCPU);
  twice.materialise(5, at::kCPU, at::kDouble);
  EXPECT_TRUE(at::equal(a, b.to(at::kFloat)));
}

TEST(ParamSet, RefusesATwiceDeclaredName) {
  ParamSet set;
  set.add(matrix("a", 1, 1));
  EXPECT_THROW(set.add(matrix("a", 2, 2)), std::invalid_argument);
}

}  // namespace
}  // namespace sinkmoe::tensor
