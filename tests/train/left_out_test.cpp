// The terms that are left out of heads, against attention written out in fp64.
#include "train/probes/left_out.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <set>

#include "train/probe_setting.h"

namespace sinkmoe::train {
namespace {

using testing::lively;
using testing::Setting;

// The attention weights of each query, with the T x T matrix, in fp64: [B,H,T,T]. The mass is what a
// learned sink leaves.
at::Tensor weights_BHTT(const attention::HeadIn& in, const attention::HeadOut& out) {
  const int64_t H = in.q_BHTK.size(1), T = in.q_BHTK.size(2);
  const at::Tensor q = in.q_BHTK.to(at::kDouble);
  const at::Tensor k = in.k_BJTK.to(at::kDouble).repeat_interleave(H / in.k_BJTK.size(1), 1);
  const at::Tensor score = at::matmul(q, k.transpose(2, 3)) * in.scale;
  const at::Tensor future = at::ones({T, T}, at::kBool).triu(1);
  const at::Tensor weight = at::softmax(score.masked_fill(future, -INFINITY), -1);
  const at::Tensor& mass = out.key_mass.mass_BHT;
  return mass.defined() ? weight * mass.to(at::kDouble).unsqueeze(-1) : weight;
}

// The loss where the weight on `key` of every row is set to 0 for later queries.
double loss_by_hand(const Setting& s, const std::function<int64_t(int64_t row)>& key) {
  at::Tensor joined_BTC;
  int64_t first_row = 0;
  const model::HeadProbe probe = [&](int64_t layer, const attention::HeadIn& in,
                                     const attention::HeadOut& out) {
    at::Tensor weight = weights_BHTT(in, out);
    const int64_t B = weight.size(0), H = weight.size(1), T = weight.size(2);
    for (int64_t b = 0; b < B; ++b) {
      const int64_t j = key(first_row + b);
      if (j + 1 < T) weight[b].select(2, j).narrow(1, j + 1, T - j - 1).zero_();
    }
    const at::Tensor v = in.v_BJTK.to(at::kDouble).repeat_interleave(H / in.v_BJTK.size(1), 1);
    at::Tensor mixed = at::matmul(weight, v);
    if (s.model.mixer(layer).gate_multiplies())
      mixed = mixed * out.gate_BHT.to(at::kDouble).unsqueeze(-1);
    joined_BTC = mixed.transpose(1, 2).flatten(2).to(at::kFloat);
  };
  const model::ActivationEdit edit = [&](model::Site site, int64_t, const at::Tensor& x) {
    return site == model::Site::heads ? joined_BTC : x;
  };
  return s.sample.loss(s.model, [&](const ProbeSample::Part& part) -> model::ForwardOptions {
    first_row = part.first_row;
    return {.probe = &probe, .edit_activations = &edit};
  });
}

TEST(LeftOut, TermsEqualWeightsSetToZeroInWrittenOutAttention) {
  for (const char* kind : {"vanilla", "sink", "gated"})
    for (const int64_t kv_heads : {0, 1}) {
      config::RunConfig config = lively(kind);
      config.model.kv_heads = kv_heads;
      const Setting s(config);
      const double whole = s.sample.loss(s.model);
      EXPECT_NEAR(loss_by_hand(s, [](int64_t) { return 16; }), whole, 1e-6);
      const double first = loss_by_hand(s, [](int64_t) { return 0; });
      EXPECT_GT(std::abs(first - whole), 1e-3) << kind;
      EXPECT_NEAR(loss_without(LeftOut::first_term, s.model, s.sample), first, 1e-6) << kind;
      const double control = loss_by_hand(s, [](int64_t row) { return control_position(row, 16); });
      EXPECT_GT(std::abs(control - whole), 1e-4) << kind;
      EXPECT_NEAR(loss_without(LeftOut::control_term, s.model, s.sample), control, 1e-6) << kind;
    }
}

// Zeroing v_0 also changes what token 0 itself becomes; leaving out the term does not.
TEST(LeftOut, TheStreamOfTokenZeroStaysAsItIs) {
  const at::NoGradGuard no_grad;
  const Setting s(lively());
  const ProbeSample::Part& part = s.sample.parts()[0];
  auto first_token = [&](const model::OutputEdit* outputs, const model::ValueEdit* values) {
    return s.model.forward(part.batch.ids_BT, {.edit_values = values, .edit_outputs = outputs})
        .hidden_NC.view({part.batch.ids_BT.size(0), 16, -1})
        .select(1, 0);
  };
  const model::OutputEdit without = [&](int64_t layer, const attention::HeadIn& in,
                                        const attention::HeadOut& out) {
    return outputs_without(LeftOut::first_term, s.model, part, layer, in, out);
  };
  const model::ValueEdit zeroed = [](int64_t, const at::Tensor& v) {
    at::Tensor edited = v.clone();
    edited.select(2, 0).zero_();
    return edited;
  };
  EXPECT_TRUE(first_token(&without, nullptr).equal(first_token(nullptr, nullptr)));
  EXPECT_GT(
      (first_token(nullptr, &zeroed) - first_token(nullptr, nullptr)).abs().max().item<double>(),
      0.1);
}

TEST(LeftOut, ARandomDirectionHasTheLengthOfTheTerm) {
  const at::NoGradGuard no_grad;
  const Setting s(lively());
  const ProbeSample::Part& part = s.sample.parts()[0];
  std::set<double> directions;
  const model::HeadProbe compare = [&](int64_t layer, const attention::HeadIn& in,
                                       const attention::HeadOut& out) {
    const at::Tensor removed =
        out.out_BHTK - outputs_without(LeftOut::direction, s.model, part, layer, in, out);
    const at::Tensor want = weights_BHTT(in, out).select(3, 0) *
                            in.v_BJTK.select(2, 0).to(at::kDouble).norm(2, {-1}).unsqueeze(-1);
    const at::Tensor got = removed.to(at::kDouble).norm(2, {-1});
    EXPECT_EQ(got.select(2, 0).abs().max().item<double>(), 0) << "query 0 keeps its output";
    EXPECT_LT((got - want).narrow(2, 1, 15).abs().max().item<double>(), 1e-5);
    const at::Tensor unit = (removed.to(at::kDouble) / got.unsqueeze(-1)).narrow(2, 1, 15);
    EXPECT_LT((unit - unit.narrow(2, 0, 1)).abs().max().item<double>(), 1e-2)
        << "one direction a row";
    for (int64_t b = 0; b < 3; ++b)
      for (int64_t h = 0; h < 2; ++h) directions.insert(unit[b][h][0][0].item<double>());
  };
  s.model.forward(part.batch.ids_BT, {.probe = &compare});
  EXPECT_EQ(directions.size(), 12u) << "of each row, layer and head";
}

TEST(LeftOut, ControlPositionsAreDrawnOncePerRowAndNeverTheFirst) {
  std::set<int64_t> seen;
  for (int64_t row = 0; row < 500; ++row) seen.insert(control_position(row, 16));
  EXPECT_EQ(seen.size(), 15u);
  EXPECT_EQ(*seen.begin(), 1);
  EXPECT_EQ(*seen.rbegin(), 15);
}

}  // namespace
}  // namespace sinkmoe::train
