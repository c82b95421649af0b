#include <gtest/gtest.h>

#include "plan/plan.h"

namespace sinkmoe::plan {
namespace {

config::RunConfig shape(int64_t layers, int64_t width, int64_t heads, int64_t context) {
  config::RunConfig config;
  config.model.layers = layers;
  config.model.width = width;
  config.model.heads = heads;
  config.data.context = context;
  return config;
}

// Counted by hand for C = 8, H = 2, V = 10, one layer.
TEST(Cost, CountsParametersExactly) {
  config::RunConfig c = shape(1, 8, 2, 16);
  EXPECT_EQ(estimate_cost(c, 10).parameters, 80 + 80 + 4 * 64 + 2 * 8 * 32 + 2 * 8 + 8);
  EXPECT_EQ(estimate_cost(c, 10).matrix_parameters, 80 + 4 * 64 + 2 * 8 * 32);
  c.model.tie_embeddings = true;
  EXPECT_EQ(estimate_cost(c, 10).parameters, 80 + 4 * 64 + 2 * 8 * 32 + 2 * 8 + 8);
  EXPECT_EQ(estimate_cost(c, 10).matrix_parameters, 80 + 4 * 64 + 2 * 8 * 32);
}

int64_t change(const std::function<void(config::RunConfig&)>& edit) {
  config::RunConfig c = shape(3, 8, 2, 16);
  const int64_t before = estimate_cost(c, 10).parameters;
  edit(c);
  return estimate_cost(c, 10).parameters - before;
}

TEST(Cost, CountsEveryOption) {
  EXPECT_EQ(change([](config::RunConfig& c) { c.attention.kind = "sink"; }), 3 * 2);
  EXPECT_EQ(change([](config::RunConfig& c) { c.attention.kind = "gated"; }), 3 * 2 * 8);
  EXPECT_EQ(change([](config::RunConfig& c) {
              c.attention.kind = "gated";
              c.attention.options.set("gated", "form", "elementwise");
            }),
            3 * 8 * 8);
  EXPECT_EQ(change([](config::RunConfig& c) { c.model.mlp = config::Mlp::swiglu; }), 3 * 8 * 32);
  EXPECT_EQ(change([](config::RunConfig& c) { c.model.mlp_ratio = 2.66; }), 3 * 2 * 8 * (21 - 32));
  EXPECT_EQ(change([](config::RunConfig& c) { c.model.kv_heads = 1; }), -3 * 2 * 8 * 4);
  EXPECT_EQ(change([](config::RunConfig& c) { c.model.positions = config::Positions::learned; }),
            16 * 8);
  EXPECT_EQ(change([](config::RunConfig& c) { c.model.qk_norm = true; }), 3 * 2 * 4);
}

TEST(Cost, CountsTokensAndFlops) {
  config::RunConfig c = shape(2, 64, 4, 64);
  const Cost cost = estimate_cost(c, 64);
  EXPECT_EQ(cost.tokens, 1000 * 32 * 64);
  EXPECT_EQ(cost.matrix_parameters, 102400);
  EXPECT_DOUBLE_EQ(cost.flops, (6.0 * 102400 + 6.0 * 2 * 64 * 64) * 2048000);
  c.attention.kind = "gated";
  const double gate = 2 * 4 * 64;  // its matrices; and one product per channel and layer
  EXPECT_DOUBLE_EQ(estimate_cost(c, 64).flops,
                   (6.0 * (102400 + gate) + 6.0 * 2 * 64 * 64 + 3.0 * 2 * 64) * 2048000);
}

}  // namespace
}  // namespace sinkmoe::plan
