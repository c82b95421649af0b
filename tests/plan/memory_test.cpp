// Memory at the paper's sizes, against numbers computed by hand. tests/run/memory_test.cpp compares the estimate with real
// trainings.
#include "plan/memory/memory.h"

#include <gtest/gtest.h>

namespace sinkmoe::plan {
namespace {

constexpr int64_t kVocabulary = 65536;

config::RunConfig size_06b() {
  config::RunConfig c;
  c.model.layers = 20;
  c.model.width = 1280;
  c.model.heads = 10;
  c.model.mlp = config::Mlp::relu2;
  c.model.qk_norm = true;
  c.data.context = 2048;
  c.train.batch = 256;
  c.train.micro_batches = 4;
  c.run.device = config::Device::cuda;
  c.run.precision = config::Precision::bf16;
  return c;
}

// 20 layers of 12 x 1280^2, two matrices of 65536 x 1280, norms 20 x (2 x 1280 + 2 x 128) + 1280.
constexpr double kParameters = 561045760;

TEST(Memory, OfWeightsGradientsAndMoments) {
  const config::RunConfig config = size_06b();
  const Cost cost = estimate_cost(config, kVocabulary);
  EXPECT_EQ(static_cast<double>(cost.parameters), kParameters);
  const Memory whole = estimate_memory(config, kVocabulary, cost, {.ranks = 8});
  EXPECT_EQ(whole.weights, 6 * kParameters) << "fp32 and bf16";
  EXPECT_EQ(whole.gradients, 4 * kParameters);
  EXPECT_EQ(whole.moments, 8 * kParameters);
  const Memory sharded =
      estimate_memory(config, kVocabulary, cost, {.ranks = 8, .shard = config::Shard::optimizer});
  EXPECT_EQ(sharded.moments, kParameters);
  EXPECT_EQ(sharded.activations, whole.activations);
  EXPECT_EQ(checkpoint_bytes(cost), 12 * kParameters);
}

// Eight rows of 2048 tokens a rank. What a layer keeps, in numbers per token: stream, its norm, q, k, v, output of the
// heads, stream after attention, its norm: 8 x 1280; normed and rotated q and k: 4 x 1280; feed-forward before and after the
// activation: 8 x 1280; three numbers a head and three norms: 30 + 2 + 20.
TEST(Memory, OfActivations) {
  const config::RunConfig config = size_06b();
  const Cost cost = estimate_cost(config, kVocabulary);
  const double tokens = 8 * 2048, layer = 20 * 1280 + 52;
  const Memory whole = estimate_memory(config, kVocabulary, cost, {.ranks = 8});
  EXPECT_GT(whole.activations, 2 * tokens * 20 * layer);
  EXPECT_LT(whole.activations, 2 * tokens * (20 * layer + 5 * 1280));
  const Memory again = estimate_memory(config, kVocabulary, cost,
                                       {.ranks = 8, .recompute = config::Recompute::layer});
  EXPECT_LT(again.activations, 2 * tokens * (20 * 1290 + layer + 5 * 1280) * 1.01);
  EXPECT_LT(again.total(), whole.total() / 2);
}

}  // namespace
}  // namespace sinkmoe::plan
