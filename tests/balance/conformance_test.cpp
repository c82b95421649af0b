// What every balance loss must satisfy, also one that is added tomorrow.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "balance/balance.h"
#include "core/random.h"
#include "core/registry.h"
#include "support/source_dir.h"

namespace sinkmoe::balance {
namespace {

struct Loss : ::testing::TestWithParam<std::string> {
  at::Tensor operator()(const std::vector<at::Tensor>& gates, const at::Tensor& shared = {}) const {
    return (*Registry<LossKind>::get(GetParam()).make({}))(
        {.gates_BHT = gates, .shared_LH = shared});
  }
  // Of a layer of equal heads; nothing for a loss that pulls each head to a share of its own.
  std::optional<double> at_equality() const {
    return Registry<LossKind>::get(GetParam()).at_equality;
  }
};

at::Tensor random_gate(uint64_t seed, int64_t H = 4) {
  at::Tensor gate = at::empty({2, H, 6}, at::kDouble);
  Draw draw(seed, "test/gate");
  for (int64_t i = 0; i < gate.numel(); ++i)
    gate.data_ptr<double>()[i] = 0.05 + 0.9 * draw.uniform();
  return gate;
}

// Heads that are equal in the mean and at every token have the least loss that any heads of
// the same mean have.
TEST_P(Loss, IsLeastAtEqualHeads) {
  if (!at_equality()) GTEST_SKIP() << "pulls towards unequal shares";
  const double equal = (*this)({at::full({2, 4, 6}, 0.37, at::kDouble)}).item<double>();
  EXPECT_NEAR(equal, *at_equality(), 1e-12);
  for (uint64_t seed = 0; seed < 20; ++seed) {
    at::Tensor gate = at::empty({2, 4, 6}, at::kDouble);
    Draw draw(seed, "test/importance");
    for (int64_t h = 0; h < 4; ++h) gate.select(1, h).fill_(draw.uniform());
    EXPECT_GE((*this)({gate}).item<double>(), equal - 1e-12) << "seed " << seed;
  }
}

// Where a loss pulls towards unequal shares, they are those of heads: another order, another loss.
TEST_P(Loss, DependsOnTheOrderOfHeadsOnlyIfItWantsThemUnequal) {
  const at::Tensor gate = random_gate(1), order = at::tensor({2, 0, 3, 1});
  const double loss = (*this)({gate}).item<double>();
  const double reordered = (*this)({gate.index_select(1, order)}).item<double>();
  EXPECT_EQ(at_equality().has_value(), std::abs(loss - reordered) < 1e-12);
}

TEST_P(Loss, AddsUpOverLayers) {
  if (!at_equality()) GTEST_SKIP() << "the shares belong to layers";
  const at::Tensor a = random_gate(1), b = random_gate(2);
  EXPECT_NEAR((*this)({a, b}).item<double>(),
              (*this)({a}).item<double>() + (*this)({b}).item<double>(), 1e-12);
}

TEST_P(Loss, RowZeroDoesNotCount) {
  const at::Tensor gate = random_gate(1), other = gate.clone();
  other.select(2, 0).zero_();
  EXPECT_EQ((*this)({gate}).item<double>(), (*this)({other}).item<double>());
}

TEST_P(Loss, SharedHeadsNeitherCountNorMove) {
  const at::Tensor gate = random_gate(1).set_requires_grad(true), other = gate.detach().clone();
  other.select(1, 2).fill_(0.999);
  const at::Tensor shared = at::zeros({1, 4}, at::kBool);
  shared[0][2].fill_(true);
  const at::Tensor loss = (*this)({gate}, shared);
  loss.backward();
  EXPECT_NEAR(loss.item<double>(), (*this)({other}, shared).item<double>(), 1e-12);
  EXPECT_EQ(gate.grad().select(1, 2).abs().max().item<double>(), 0);
  EXPECT_GT(gate.grad().select(1, 0).abs().max().item<double>(), 0);
}

TEST_P(Loss, GradientIsRight) {
  const at::Tensor gate = random_gate(3).set_requires_grad(true), second = random_gate(4);
  (*this)({gate, second}).backward();
  const at::NoGradGuard guard;
  for (int64_t i = 0; i < gate.numel(); i += 5) {
    double& entry = gate.data_ptr<double>()[i];
    const double before = entry, step = 1e-6;
    entry = before + step;
    const double up = (*this)({gate, second}).item<double>();
    entry = before - step;
    const double down = (*this)({gate, second}).item<double>();
    entry = before;
    EXPECT_NEAR(gate.grad().data_ptr<double>()[i], (up - down) / (2 * step), 1e-8) << "entry " << i;
  }
}

TEST_P(Loss, ClosedHeadsGiveFiniteNumbers) {
  const at::Tensor gate = at::zeros({2, 4, 6}, at::kDouble).set_requires_grad(true);
  const at::Tensor loss = (*this)({gate});
  loss.backward();
  EXPECT_TRUE(std::isfinite(loss.item<double>()));
  EXPECT_TRUE(gate.grad().isfinite().all().item<bool>());
}

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const auto& [name, kind] : Registry<LossKind>::all()) all.push_back(name);
  return all;
}
INSTANTIATE_TEST_SUITE_P(All, Loss, ::testing::ValuesIn(names()),
                         [](const auto& info) { return info.param; });

TEST(Losses, NamesAreTheirFileNames) {
  std::set<std::string> files;
  for (const auto& file : std::filesystem::directory_iterator(source_dir() / "src/balance/losses"))
    files.insert(file.path().stem());
  const std::vector<std::string> all = names();
  EXPECT_EQ(files, std::set<std::string>(all.begin(), all.end()));
}

}  // namespace
}  // namespace sinkmoe::balance
