// Cosines, contributions and the part of token 0, of hand-made heads and of every variant.
#include "metrics/head_geometry.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "attention/softmax_attention.h"
#include "core/registry.h"

namespace sinkmoe::metrics {
namespace {

struct Softmax : attention::HeadMixer {
  attention::HeadOut mix(const attention::HeadIn& in) const override {
    const attention::AttentionOut a = attention::softmax_attention(
        in.q_BHTK, in.k_BJTK, in.v_BJTK, in.scale, attention::SinkMode::first_key);
    return {a.out_BHTK, a.gate_BHT, attention::KeyMass::all()};
  }
};

// One row, three tokens, two heads of width 2 that share one key head; logits are all 0.
attention::HeadIn even() {
  at::Tensor q = at::zeros({1, 2, 3, 2}), k = at::zeros({1, 1, 3, 2}), v = at::zeros({1, 1, 3, 2});
  v[0][0] = at::tensor({3.0f, 0.0f, 0.0f, 4.0f, 0.0f, 0.0f}).view({3, 2});
  return {.x_BTC = at::zeros({1, 3, 4}), .q_BHTK = q, .k_BJTK = k, .v_BJTK = v, .scale = 1};
}

HeadGeometry geometry(const attention::HeadIn& in, const at::Tensor& weight_CC) {
  const Softmax mixer;
  HeadGeometry g(1, in.q_BHTK.size(1));
  g.add(0, in, mixer.mix(in), mixer, weight_CC);
  return g;
}

TEST(HeadGeometry, FirstWriteIsThePartOfTokenZero) {
  // Token 1: (3, 4) / 2, of which (3, 0) / 2 is token 0's; token 2: the same over 3.
  const at::Tensor part = geometry(even(), at::eye(4)).first_write_LH();
  EXPECT_NEAR(part[0][0].item<double>(), 3.0 / 5, 1e-6);
  EXPECT_NEAR(part[0][1].item<double>(), 3.0 / 5, 1e-6);
}

TEST(HeadGeometry, ContributionGoesThroughTheHeadsOwnColumns) {
  at::Tensor weight = at::zeros({4, 4});
  weight[2][0] = 2;  // channel 0 of head 0
  weight[3][3] = 3;  // channel 1 of head 1
  const at::Tensor c = geometry(even(), weight).contribution_LH();
  // Outputs at tokens 1 and 2: (1.5, 2) and (1, 4/3).
  EXPECT_NEAR(c[0][0].item<double>(), 2 * (1.5 + 1) / 2, 1e-6);
  EXPECT_NEAR(c[0][1].item<double>(), 3 * (2 + 4.0 / 3) / 2, 1e-6);
}

TEST(HeadGeometry, CosinesAndTheirHistograms) {
  attention::HeadIn in = even();
  in.k_BJTK[0][0] = at::tensor({1.0f, 0.0f, -2.0f, 0.0f, 0.0f, 5.0f}).view({3, 2});
  in.q_BHTK[0][0] = at::tensor({0.0f, 9.0f, 3.0f, 0.0f, 3.0f, 4.0f}).view({3, 2});
  const HeadGeometry g = geometry(in, at::eye(4));
  EXPECT_NEAR(g.cos_key_first_LH()[0][1].item<double>(), (-1 + 0) / 2.0, 1e-6);
  EXPECT_NEAR(g.cos_query_first_LH()[0][0].item<double>(), (1 + 0.6) / 2, 1e-6);
  int found = 0;
  for (const HistogramRow& row : g.histograms(7)) {
    EXPECT_EQ(row.counts.size(), 40u);
    EXPECT_EQ(row.step, 7);
    int64_t sum = 0;
    for (const int64_t n : row.counts) sum += n;
    EXPECT_EQ(sum, 2) << "tokens 1 and 2";
    if (row.name != "head/cos_query_first" || row.head != 0) continue;
    ++found;
    EXPECT_EQ(row.counts[39], 1) << "cosine 1";
    EXPECT_EQ(row.counts[31] + row.counts[32], 1) << "cosine 0.6, an edge";
  }
  EXPECT_EQ(found, 1);
}

TEST(HeadGeometry, RanksLookAtDirections) {
  attention::HeadIn in = even();
  in.k_BJTK[0][0] = at::tensor({7.0f, 7.0f, 2.0f, 0.0f, 0.0f, 2.0f}).view({3, 2});
  const HeadGeometry g = geometry(in, at::eye(4));
  EXPECT_NEAR(g.key_rank_LH()[0][0].item<double>(), 2, 1e-6) << "two keys at right angles";
  attention::HeadIn line = even();
  EXPECT_NEAR(geometry(line, at::eye(4)).out_rank_LH()[0][0].item<double>(), 1, 1e-5)
      << "both outputs point the same way";
}

TEST(HeadGeometry, BatchesAddUp) {
  const attention::HeadIn in = even();
  const Softmax mixer;
  HeadGeometry twice(1, 2);
  for (int i = 0; i < 2; ++i) twice.add(0, in, mixer.mix(in), mixer, at::eye(4));
  const HeadGeometry once = geometry(in, at::eye(4));
  EXPECT_TRUE(once.contribution_LH().allclose(twice.contribution_LH()));
  EXPECT_TRUE(once.out_rank_LH().allclose(twice.out_rank_LH()));
}

}  // namespace
}  // namespace sinkmoe::metrics
