// Importance and the paper's loss: every backend against the formula.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "balance/balance.h"
#include "balance/cv2.h"
#include "balance/importance.h"
#include "core/registry.h"
#include "support/conformance.h"

namespace sinkmoe::balance {
namespace {

using testing::Conformance;
using testing::Tensors;

at::Tensor gates(int64_t B, int64_t H, int64_t T, uint64_t seed) {
  return at::sigmoid(testing::random_fp64({B, H, T}, seed));
}

at::Tensor mean_gate(const at::Tensor& gate_BHT) {
  return gate_BHT.slice(2, 1).mean(at::IntArrayRef{0, 2});
}

TEST(Importance, EveryBackendIsTheReference) {
  EXPECT_THAT(testing::backend_names<Importance>(), ::testing::IsSupersetOf({"cpu", "plain"}));
  const auto make = [](int64_t B, int64_t H, int64_t T) -> Conformance {
    return {
        .what = "T " + std::to_string(T),
        .op = [](const Tensors& x) { return Tensors{importance_LH(x)}; },
        .reference =
            [](const Tensors& x) { return Tensors{at::stack({mean_gate(x[0]), mean_gate(x[1])})}; },
        .inputs = {gates(B, H, T, 1), gates(B, H, T, 2)}};
  };
  testing::expect_every_backend_conforms<Importance>(
      {make(2, 4, 6), make(1, 1, 2), make(3, 5, 33)});
}

// The definition (E15, E18), in ops that autograd differentiates: heads times the squared coefficient
// of variation of the heads that are not shared.
at::Tensor cv2_of(const at::Tensor& gate_BHT, const at::Tensor& balanced) {
  const at::Tensor importance = mean_gate(gate_BHT).index_select(0, balanced),
                   mean = importance.mean();
  return ((importance - mean) / mean.clamp_min(1e-4)).square().sum();
}

Conformance cv2_case(const std::string& what, double size, const at::Tensor& shared_LH) {
  const auto balanced = [shared_LH](int64_t layer) {
    const at::Tensor all = at::ones({4}, at::kBool);
    return (shared_LH.defined() ? shared_LH[layer].logical_not() : all).nonzero().squeeze(-1);
  };
  return {.what = what,
          .op =
              [=](const Tensors& x) {
                const auto loss = Registry<LossKind>::get("cv2").make({});
                return Tensors{(*loss)({.gates_BHT = x, .shared_LH = shared_LH})};
              },
          .reference =
              [=](const Tensors& x) {
                return Tensors{cv2_of(x[0], balanced(0)) + cv2_of(x[1], balanced(1))};
              },
          .inputs = {gates(2, 4, 6, 1) * size, gates(2, 4, 6, 2) * size},
          // Importances rounded to bf16 (0.4%) against deviations of a few percent from the mean.
          .bounds = {.fp32 = 1e-5, .bf16 = 0.2}};
}

TEST(Cv2, EveryBackendIsTheReference) {
  EXPECT_THAT(testing::backend_names<Cv2>(), ::testing::IsSupersetOf({"cpu", "plain"}));
  at::Tensor shared = at::zeros({2, 4}, at::kBool);
  shared[0][2].fill_(true);
  shared[1][0].fill_(true);
  testing::expect_every_backend_conforms<Cv2>({cv2_case("four heads", 1, {}),
                                               cv2_case("shared heads", 1, shared),
                                               cv2_case("a mean below the smallest", 1e-5, {})});
}

TEST(Cv2, ClosedHeadsGiveFiniteNumbersInEveryBackend) {
  for (const std::string& backend : testing::backend_names<Cv2>()) {
    const Cv2::Out out =
        tensor::kernels_of<Cv2>(backend).forward(at::zeros({2, 4}), at::ones({2, 4}));
    EXPECT_EQ(out.loss.item<double>(), 0) << backend;
    EXPECT_TRUE(out.d_importance_LH.isfinite().all().item<bool>()) << backend;
  }
}

}  // namespace
}  // namespace sinkmoe::balance
