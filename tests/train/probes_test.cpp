// Probes against oracles done by hand, and over every variant.
#include "train/probes/probes.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "attention/softmax_attention.h"
#include "core/registry.h"
#include "train/probe_setting.h"
#include "train/probes/ablation.h"
#include "train/probes/outliers.h"
#include "train/recorder.h"

namespace sinkmoe::train {
namespace {

using testing::FewRows;
using testing::lively;
using testing::probe;
using testing::Setting;
using testing::tiny_config;
using testing::value_of;

TEST(Ablation, ZeroedHeadsEqualZeroedColumnsOfTheOutputMatrix) {
  Setting s(lively());
  Ablation ablation(s.model, s.sample);
  const double whole = ablation.loss({}), without = ablation.loss({1, 2});
  EXPECT_GT(std::abs(without - whole), 1e-3);
  s.parameter("model.layers.0.self_attn.o_proj.weight").narrow(1, 8, 8).zero_();  // head 1
  s.parameter("model.layers.1.self_attn.o_proj.weight").narrow(1, 0, 8).zero_();  // head 0
  EXPECT_NEAR(s.sample.loss(s.model), without, 1e-6);
}

TEST(Ablation, EverySetOfHeadsIsComputedOnce) {
  Setting s(lively());
  Ablation ablation(s.model, s.sample);
  const at::Tensor single = ablation.single_LH();
  EXPECT_EQ(s.alive, 5 * static_cast<int>(s.sample.parts().size())) << "none, and each of four";
  const std::vector<double> curve = ablation.curve({2, 0, 1, 3}, {0, 1, 2, 3, 4});
  EXPECT_EQ(s.alive, 8 * static_cast<int>(s.sample.parts().size())) << "three more sets";
  EXPECT_NEAR(curve[1] - curve[0], single[1][0].item<double>(), 1e-12);
  EXPECT_EQ(curve[4], ablation.loss({3, 2, 1, 0}));
}

// A set takes over the layers below its first difference from another one; that may not change a bit.
TEST(Ablation, ManySetsInOneCallHaveTheLossesOfSingleCalls) {
  config::RunConfig config = lively();
  config.model.layers = 3;
  Setting s(config, 64);
  std::vector<HeadList> sets;
  for (int64_t bits = 0; bits < 64; ++bits) {
    HeadList& set = sets.emplace_back();
    for (int64_t head = 5; head >= 0; --head)
      if ((bits >> head) & 1) set.push_back(head);
  }
  const std::vector<double> together = Ablation(s.model, s.sample).losses(sets);
  for (size_t i = 0; i < sets.size(); ++i)
    EXPECT_EQ(together[i], Ablation(s.model, s.sample).loss(sets[i])) << i;
  EXPECT_EQ(std::set<double>(together.begin(), together.end()).size(), 64u);
}

TEST(Ablation, OrdersAndPoints) {
  const at::Tensor x = at::tensor({0.5, 0.1, 0.1, 0.9}).view({2, 2});
  EXPECT_EQ(ascending_order(x), (std::vector<int64_t>{1, 2, 0, 3}));
  EXPECT_EQ(ablation_points(8), (std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8}));
  const std::vector<int64_t> many = ablation_points(1000);
  EXPECT_LE(many.size(), 66u);
  EXPECT_TRUE(std::binary_search(many.begin(), many.end(), 250));
  EXPECT_EQ(many.back(), 1000);
  std::set<std::vector<int64_t>> orders;
  for (int64_t i = 0; i < 8; ++i) {
    const std::vector<int64_t> order = random_order(8, i);
    EXPECT_EQ(order, random_order(8, i));
    EXPECT_EQ(std::set<int64_t>(order.begin(), order.end()).size(), 8u);
    orders.insert(order);
  }
  EXPECT_EQ(orders.size(), 8u);
}

// Mean loss of each row, with one head's output scaled.
at::Tensor row_losses(const Setting& s, const Batch& batch, int64_t layer, int64_t head,
                      double scale) {
  const at::NoGradGuard no_grad;
  at::Tensor mask = at::ones({s.config.model.layers, s.config.model.heads});
  mask[layer][head] = scale;
  const model::DecoderOut out = s.model.forward(batch.ids_BT, {.head_mask_LH = mask});
  return model::token_losses(out.hidden_NC, s.model.output_weight_VC(), batch.target_N)
      .view({batch.ids_BT.size(0), -1})
      .to(at::kDouble)
      .mean(1);
}

TEST(GradientImportance, IsTheSlopeOfTheLossInTheHeadsMask) {
  for (const char* kind : {"vanilla", "sink", "gated"}) {
    Setting s(lively(kind), 64);
    ASSERT_EQ(s.sample.parts().size(), 1u);
    const at::Tensor got = gradient_size_LH(s.model, s.sample);
    const double e = 0.02;
    for (int64_t l = 0; l < 2; ++l)
      for (int64_t h = 0; h < 2; ++h) {
        const Batch& batch = s.sample.parts()[0].batch;
        const at::Tensor slope =
            (row_losses(s, batch, l, h, 1 + e) - row_losses(s, batch, l, h, 1 - e)) / (2 * e);
        const double want = slope.abs().mean().item<double>();
        EXPECT_NEAR(got[l][h].item<double>(), want, 0.01 * want + 1e-4) << kind << l << h;
      }
    EXPECT_NEAR(gradient_importance_LH(s.model, s.sample).square().sum().item<double>(), 2, 1e-9)
        << "length 1 in each of two layers";
  }
}

TEST(FirstValue, EditedValuesReachTheHeads) {
  const at::NoGradGuard no_grad;
  Setting s(lively());
  const model::ValueEdit edit = [](int64_t, const at::Tensor& v) {
    at::Tensor out = v.clone();
    out.index_put_({at::indexing::Slice(), at::indexing::Slice(), 0}, at::zeros({}));
    return out;
  };
  const model::HeadProbe compare = [](int64_t, const attention::HeadIn& in,
                                      const attention::HeadOut& out) {
    EXPECT_EQ(in.v_BJTK.select(2, 0).abs().max().item<float>(), 0);
    const attention::AttentionOut want = attention::explicit_attention(
        in.q_BHTK, in.k_BJTK, in.v_BJTK, in.scale, attention::SinkMode::first_key);
    EXPECT_TRUE(out.out_BHTK.allclose(want.out_BHTK, 1e-4, 1e-5));
  };
  s.model.forward(s.sample.parts()[0].batch.ids_BT, {.probe = &compare, .edit_values = &edit});
  Setting large(s.config, probe_tokens());
  const double want =
      large.sample.loss(s.model, {.edit_values = &edit}) - large.sample.loss(s.model);
  EXPECT_GT(std::abs(want), 1e-4);
  EXPECT_NEAR(value_of(probe(s).metrics, "probe/zero_first_value"), want, 1e-7);
}

TEST(Outliers, OfAModelWhoseLayersWriteNothing) {
  Setting s(lively());
  for (const char* layer : {"model.layers.0.", "model.layers.1."})
    for (const char* name : {"self_attn.o_proj.weight", "mlp.down_proj.weight"})
      s.parameter(std::string(layer) + name).zero_();
  at::Tensor embedding = s.parameter("model.embed_tokens.weight");
  embedding[s.source->bos()][5] = -40;
  const Outliers o = find_outliers(s.model, s.sample);
  for (int64_t l = 0; l < 2; ++l) {
    EXPECT_EQ(o.max_activation_L[l].item<double>(), 40);
    EXPECT_EQ(o.output_kurtosis_L[l].item<double>(), 0);
    EXPECT_GT(o.residual_kurtosis_L[l].item<double>(), 20);
  }
  EXPECT_EQ(o.largest.at({model::Site::heads, 0}) > 0, true);
  EXPECT_TRUE(o.largest.contains({model::Site::unembed_in, 2}));
}

TEST(Int8, RoundsMatricesAndGivesThemBack) {
  Setting s(lively());
  const at::Tensor before = s.model.params().flat().detach().clone();
  {
    const RoundedWeights rounded(s.model.params());
    for (const auto& entry : s.model.params().entries()) {
      const at::Tensor value = entry.value.detach().flatten();
      if (entry.spec.shape.size() < 2) continue;
      EXPECT_LE(std::get<0>(at::unique_dim(value, 0)).size(0), 255) << entry.spec.name;
    }
    EXPECT_FALSE(s.model.params().flat().equal(before));
  }
  EXPECT_TRUE(s.model.params().flat().equal(before));
  const double loss = s.sample.loss(s.model),
               rounded = int8_loss(s.model, s.sample, find_outliers(s.model, s.sample));
  EXPECT_NE(rounded, loss);
  EXPECT_NEAR(rounded, loss, 0.1) << "8 bits hold these weights well";
  EXPECT_TRUE(s.model.params().flat().equal(before));
}

void expect_in_range(const MetricRow& row, const config::RunConfig& c) {
  const double K = static_cast<double>(c.model.width / c.model.heads);
  auto within = [&](double lo, double hi) {
    EXPECT_GE(row.value, lo) << row.name;
    EXPECT_LE(row.value, hi) << row.name;
  };
  const std::string& n = row.name;
  if (n.find("/cos_") != std::string::npos) within(-1 - 1e-6, 1 + 1e-6);
  if (n.ends_with("_rank")) within(0, K + 1e-6);
  if (n.find("free_share") != std::string::npos) within(0, 1);
  if (n.find("kurtosis") != std::string::npos) within(1, 1e6);
  if (n.find("/cv_") != std::string::npos) {  // of non-negative numbers, of a layer or of the model
    const int64_t heads = c.model.heads * (n.ends_with("_model") ? c.model.layers : 1);
    within(0, std::sqrt(static_cast<double>(heads) - 1) + 1e-9);
  }
  if (n.find("/rank_") != std::string::npos) within(-1, 1);
  if (n.find("/second_weight") != std::string::npos) within(0, 1 + 1e-6);
  if (n == "head/second_position") within(1, static_cast<double>(c.data.context) / 2);
  for (const char* positive : {"head/first_write", "head/contribution", "head/gradient",
                               "layer/max_activation", "ablate/importance"})
    if (n == positive) within(0, 1e6);
}

class ProbedVariants : public ::testing::TestWithParam<std::string> {};

TEST_P(ProbedVariants, EveryProbeIsDescribedUniqueFiniteAndInRange) {
  for (const int64_t kv_heads : {0, 1}) {
    config::RunConfig config = lively(GetParam());
    config.model.kv_heads = kv_heads;
    Setting s(config);
    const at::Tensor before = s.model.params().flat().detach().clone();
    const ProbeRows rows = probe(s);
    std::set<std::string> known, seen;
    for (const MetricInfo& info : metrics::metric_infos()) known.insert(info.name);
    std::set<std::tuple<std::string, int, int>> unique;
    for (const MetricRow& row : rows.metrics) {
      EXPECT_TRUE(known.contains(row.name)) << row.name;
      EXPECT_TRUE(unique.insert({row.name, row.layer, row.head}).second) << row.name;
      EXPECT_TRUE(std::isfinite(row.value)) << row.name;
      EXPECT_EQ(row.step, 3);
      expect_in_range(row, config);
      seen.insert(row.name);
    }
    config::EvalConfig plain;
    for (const MetricInfo& info : metrics::metric_infos(plain)) known.erase(info.name);
    if (GetParam() == "plain")  // all heads are equally important there, so they have no ranks
      for (const char* name : {"probe/rank_importance", "layer/rank_importance"}) {
        EXPECT_FALSE(seen.contains(name));
        known.erase(name);
      }
    for (const std::string& name : known)
      EXPECT_TRUE(seen.contains(name)) << name << " is described but never made";
    EXPECT_EQ(rows.histograms.size(), 8u);
    EXPECT_TRUE(s.model.params().flat().equal(before)) << "a probe changed the weights";
  }
}

INSTANTIATE_TEST_SUITE_P(All, ProbedVariants, ::testing::ValuesIn(plugin_names("variant")));

// "terms" makes the rows that "full" makes of the first token's value and term, and no others.
TEST(Probes, TermsAreAPartOfFull) {
  config::RunConfig config = lively();
  const auto rows_of = [&](config::Probes probes) {
    config.eval.probes = probes;
    Setting s(config);
    std::map<std::string, double> values;
    for (const MetricRow& row : probe(s).metrics) values[row.name] = row.value;
    return values;
  };
  const auto terms = rows_of(config::Probes::terms), full = rows_of(config::Probes::full);
  EXPECT_EQ(terms.size(), 5u);
  for (const char* name :
       {"probe/zero_first_value", "probe/zero_random_value", "probe/drop_first_term",
        "probe/drop_random_term", "probe/drop_random_direction"}) {
    ASSERT_TRUE(terms.contains(name)) << name;
    EXPECT_EQ(terms.at(name), full.at(name)) << name;
  }
}

TEST(Trainer, ProbesAreTakenAtTheEndAndChangeNothingElse) {
  config::RunConfig config = tiny_config();
  config.train.steps = 3;
  const testing::Folder a("noprobe"), b("probe");
  const FewRows source(config.data);
  testing::Recorder without, with;
  train(testing::job_of(config, a.path, {}, {}), source, without);
  config.eval.probes = config::Probes::full;
  train(testing::job_of(config, b.path, {}, {}), source, with);
  std::set<std::string> common;
  for (const MetricInfo& info : metrics::metric_infos(config::EvalConfig{}))
    common.insert(info.name);
  for (const data::LossPart& part : data::loss_parts()) common.insert("eval/loss_" + part.name);
  std::vector<std::tuple<std::string, int64_t, int, int, double>> kept;
  for (const auto& row : with.comparable()) {
    if (common.contains(std::get<0>(row)))
      kept.push_back(row);
    else
      EXPECT_EQ(std::get<1>(row), 3) << std::get<0>(row);
  }
  EXPECT_EQ(kept, without.comparable());
  EXPECT_GT(with.rows.size(), without.rows.size() + 50);
  EXPECT_FALSE(with.histogram_rows.empty());
}

}  // namespace
}  // namespace sinkmoe::train
