// The gate equals the share of the values that a head passes on, for every variant; a wrong gate is
// noticed.
#include "metrics/gate_identity.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/registry.h"

namespace sinkmoe::metrics {
namespace {

constexpr int64_t kHeads = 4, kWidth = 32;

config::RunConfig config() {
  config::RunConfig c;
  c.model.heads = kHeads;
  c.model.width = kWidth;
  return c;
}

attention::HeadIn random_heads(int64_t key_heads) {
  at::manual_seed(7);
  const int64_t K = kWidth / kHeads;
  return {.x_BTC = at::randn({3, 17, kWidth}),
          .q_BHTK = 3 * at::randn({3, kHeads, 17, K}),
          .k_BJTK = at::randn({3, key_heads, 17, K}),
          .v_BJTK = at::randn({3, key_heads, 17, K}),
          .scale = 0.4};
}

class GateIdentity : public ::testing::TestWithParam<std::string> {};

TEST_P(GateIdentity, HoldsForEveryVariant) {
  config::RunConfig c = config();
  c.attention.kind = GetParam();
  tensor::ParamSet params;
  const auto mixer = attention::make_mixer(c, params, "a.", 0);
  params.materialise(1, at::kCPU, at::kFloat);
  for (const int64_t key_heads : {kHeads, kHeads / 2}) {
    const attention::HeadIn in = random_heads(key_heads);
    const attention::HeadOut out = mixer->mix(in);
    EXPECT_LT(gate_identity_error(in, out, *mixer), 2e-6);
    const attention::HeadOut wrong{
        .out_BHTK = out.out_BHTK, .gate_BHT = out.gate_BHT + 0.01, .key_mass = out.key_mass};
    EXPECT_NEAR(gate_identity_error(in, wrong, *mixer), 0.01, 1e-4);
  }
}

std::vector<std::string> variants() {
  std::vector<std::string> names;
  for (const auto& [name, kind] : Registry<config::VariantKind>::all()) names.push_back(name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, GateIdentity, ::testing::ValuesIn(variants()));

}  // namespace
}  // namespace sinkmoe::metrics
