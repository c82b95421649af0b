// How much weight each key receives, against attention written out in fp64, for every variant.
#include "metrics/key_weights.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/registry.h"

namespace sinkmoe::metrics {
namespace {

constexpr int64_t kHeads = 4, kWidth = 32, kTokens = 17;

struct Case {
  std::unique_ptr<attention::HeadMixer> mixer;
  tensor::ParamSet params;
  attention::HeadIn in;

  Case(const std::string& kind, int64_t key_heads) {
    config::RunConfig c;
    c.model.heads = kHeads;
    c.model.width = kWidth;
    c.attention.kind = kind;
    mixer = attention::make_mixer(c, params, "a.", 0);
    params.materialise(1, at::kCPU, at::kFloat);
    at::manual_seed(7);
    const int64_t K = kWidth / kHeads;
    in = {.x_BTC = at::randn({3, kTokens, kWidth}),
          .q_BHTK = 3 * at::randn({3, kHeads, kTokens, K}),
          .k_BJTK = at::randn({3, key_heads, kTokens, K}),
          .v_BJTK = at::randn({3, key_heads, kTokens, K}),
          .scale = 0.4};
  }
};

at::Tensor weights_BHTT(const attention::HeadIn& in) {
  const at::Tensor k = in.k_BJTK.repeat_interleave(kHeads / in.k_BJTK.size(1), 1).to(at::kDouble);
  const at::Tensor score = at::matmul(in.q_BHTK.to(at::kDouble), k.transpose(2, 3)) * in.scale;
  const at::Tensor future = at::ones({kTokens, kTokens}, at::kBool).triu(1);
  return at::softmax(score.masked_fill(future, -INFINITY), -1);
}

class Received : public ::testing::TestWithParam<std::string> {};

TEST_P(Received, IsTheColumnSumOfTheWeights) {
  const at::NoGradGuard no_grad;
  for (const int64_t key_heads : {kHeads, kHeads / 2, int64_t{1}}) {
    const Case c(GetParam(), key_heads);
    const attention::HeadOut out = c.mixer->mix(c.in);
    at::Tensor weight = weights_BHTT(c.in);
    // The sink's logit is 0 at first, and it is one more key in the denominator.
    if (GetParam() == "sink") weight = weight * out.gate_BHT.to(at::kDouble).unsqueeze(-1);
    const at::Tensor got = received_BHT(c.in, out, *c.mixer).to(at::kDouble);
    EXPECT_LT((got - weight.sum(2)).abs().max().item<double>(), 1e-5) << key_heads;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Received, ::testing::ValuesIn([] {
                           std::vector<std::string> names;
                           for (const auto& [name, kind] : Registry<config::VariantKind>::all())
                             names.push_back(name);
                           return names;
                         }()));

TEST(KeyWeights, FindASinkAtAnotherPosition) {
  const at::NoGradGuard no_grad;
  Case c("vanilla", kHeads);
  c.in.q_BHTK = at::zeros_like(c.in.q_BHTK);
  c.in.q_BHTK.select(3, 0).fill_(1);  // all queries are equal
  c.in.k_BJTK = at::zeros_like(c.in.k_BJTK);
  c.in.k_BJTK.select(2, 5).select(2, 0).fill_(100);     // key 5 draws every query
  c.in.k_BJTK[1].select(1, 5).zero_();                  // but in row 1
  c.in.k_BJTK[1].select(1, 3).select(1, 0).fill_(100);  // key 3 does
  KeyWeights keys(1, kHeads);
  keys.add(0, c.in, c.mixer->mix(c.in), *c.mixer);
  for (int64_t h = 0; h < kHeads; ++h) {
    // Key 5 in rows 0 and 2: weight 1 of every query that sees it. In row 1 key 3 has it all.
    EXPECT_NEAR(keys.largest_LH()[0][h].item<double>(), 2.0 / 3, 1e-5);
    EXPECT_EQ(keys.position_LH()[0][h].item<double>(), 5);
    EXPECT_NEAR(keys.largest_of_row_LH()[0][h].item<double>(), 1, 1e-5);
  }
}

TEST(KeyWeights, OfEqualKeys) {
  const at::NoGradGuard no_grad;
  Case c("vanilla", kHeads);
  c.in.q_BHTK = at::zeros_like(c.in.q_BHTK);
  KeyWeights keys(2, kHeads);
  for (const int64_t layer : {0, 1, 0})  // two batches of layer 0
    keys.add(layer, c.in, c.mixer->mix(c.in), *c.mixer);
  // Query t has weight 1 / (t + 1) on each key. Key 1 is seen by queries 1..16.
  double want = 0;
  for (int t = 1; t <= 16; ++t) want += 1.0 / (t + 1) / 16;
  EXPECT_NEAR(keys.largest_LH()[0][0].item<double>(), want, 1e-6);
  EXPECT_NEAR(keys.largest_LH()[1][0].item<double>(), want, 1e-6);
  EXPECT_EQ(keys.position_LH()[0][2].item<double>(), 1);
}

}  // namespace
}  // namespace sinkmoe::metrics
