// What the oracle's tiny models do not reach: large vocabularies, long windows, threads, damage.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "attention/softmax_attention.h"
#include "config/problems.h"
#include "core/file.h"
#include "core/registry.h"
#include "inference/stream.h"
#include "inference/windowed_attention.h"
#include "pretrained/heads.h"
#include "weights/safetensors.h"

namespace sinkmoe::inference {
namespace {

using namespace pretrained;
namespace fs = std::filesystem;
using testing::HasSubstr;

attention::HeadIn random_heads(int64_t T) {
  at::manual_seed(7);
  return {.q_BHTK = at::randn({2, 4, T, 8}),
          .k_BJTK = at::randn({2, 2, T, 8}),
          .v_BJTK = at::randn({2, 2, T, 8}),
          .scale = 0.7};
}

double difference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

TEST(WindowedAttention, WithAWindowOverAllKeysIsPlainAttention) {
  const attention::HeadIn in = random_heads(300);
  const attention::HeadOut windowed = windowed_attention(in, 300);
  const attention::AttentionOut plain = attention::explicit_attention(
      in.q_BHTK, in.k_BJTK, in.v_BJTK, in.scale, attention::SinkMode::first_key);
  EXPECT_LT(difference(windowed.out_BHTK, plain.out_BHTK), 2e-6);
  EXPECT_LT(difference(windowed.gate_BHT, plain.gate_BHT), 2e-6);
  EXPECT_LT(difference(windowed.first_weight_BHT, 1 - plain.gate_BHT), 2e-6);
}

TEST(WindowedAttention, WithALearnedSinkIsThatOfTheCoreOperation) {
  const attention::HeadIn in = random_heads(270);
  const at::Tensor sink = at::randn({4});
  const attention::HeadOut windowed = windowed_attention(in, 270, sink);
  const attention::AttentionOut plain = attention::explicit_attention(
      in.q_BHTK, in.k_BJTK, in.v_BJTK, in.scale, attention::SinkMode::logit, sink);
  EXPECT_LT(difference(windowed.out_BHTK, plain.out_BHTK), 2e-6);
  EXPECT_LT(difference(windowed.gate_BHT, plain.gate_BHT), 2e-6);
}

// Queries of the second block too: what lies before the window may be anything.
TEST(WindowedAttention, DoesNotSeeBeyondTheWindow) {
  attention::HeadIn in = random_heads(600);
  const at::Tensor before = windowed_attention(in, 50).out_BHTK;
  in.k_BJTK = in.k_BJTK.clone();
  in.k_BJTK.narrow(2, 0, 400).fill_(9);
  const at::Tensor after = windowed_attention(in, 50).out_BHTK;
  EXPECT_EQ(difference(before.narrow(2, 449, 151), after.narrow(2, 449, 151)), 0);
  EXPECT_GT(difference(before.select(2, 448), after.select(2, 448)), 1e-3);
  const at::Tensor late = windowed_attention(in, 50).gate_BHT.narrow(2, 50, 550);
  EXPECT_NEAR(late.min().item<double>(), 1, 1e-6);
}

fs::path scratch() {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  return fs::path(testing::TempDir()) / (std::string("sinkmoe_stream_") + test->name());
}

// A model of one layer with this vocabulary and weights drawn at random.
Model random_model(const fs::path& folder, int64_t vocabulary, double spoil = 0) {
  fs::create_directories(folder);
  const nlohmann::json config = {
      {"model_type", "llama"},    {"vocab_size", vocabulary}, {"hidden_size", 16},
      {"intermediate_size", 24},  {"num_hidden_layers", 1},   {"num_attention_heads", 2},
      {"num_key_value_heads", 1}, {"rms_norm_eps", 1e-5},     {"max_position_embeddings", 2048}};
  write_file_atomic(folder / "config.json", config.dump());
  const Architecture a = read_architecture(config.dump(), "config.json");
  at::manual_seed(3);
  std::vector<at::Tensor> kept;
  std::vector<weights::TensorView> views;
  for_each_tensor(a, [&](const TensorRef& ref) {
    kept.push_back(at::randn(ref.shape) * 0.3);
    if (spoil != 0 && ref.name.ends_with("up_proj.weight")) kept.back().view({-1})[5] = spoil;
    views.push_back(
        {ref.name,
         "F32",
         ref.shape,
         {static_cast<const std::byte*>(kept.back().const_data_ptr()), kept.back().nbytes()}});
  });
  weights::write_safetensors(folder / "model.safetensors", views, {});
  return open_model(folder);
}

TokenRows random_rows(int64_t rows, int64_t T, int64_t vocabulary) {
  TokenRows out;
  for (int64_t r = 0; r < rows; ++r) {
    out.rows.emplace_back();
    for (int64_t t = 0; t <= T; ++t)
      out.rows.back().push_back(static_cast<int32_t>((r * 7919 + t * t * 31) % vocabulary));
  }
  return out;
}

TEST(TokenLosses, OfALargeVocabularyAreThoseOfTheWholeMatrix) {
  const Model model = random_model(scratch(), 9001);
  const at::Tensor hidden = at::randn({700, 16}), target = at::randint(0, 9001, {700}, at::kLong);
  const weights::Safetensors file(scratch() / "model.safetensors");
  const auto bytes = file.at("lm_head.weight").data;
  const at::Tensor w = at::from_blob(const_cast<std::byte*>(bytes.data()), {9001, 16}, at::kFloat);
  const at::Tensor logits = at::matmul(hidden.to(at::kDouble), w.to(at::kDouble).t());
  const at::Tensor expected = -at::log_softmax(logits, 1).gather(1, target.unsqueeze(1)).squeeze(1);
  EXPECT_LT(difference(token_losses(model, hidden, target), expected), 1e-5);
  fs::remove_all(scratch());
}

TEST(Measure, GivesTheSameBitsOnOneAndTwoThreads) {
  const Model model = random_model(scratch(), 300);
  const TokenRows rows = random_rows(40, 96, 300);
  const auto measured = [&](int threads) {
    at::set_num_threads(threads);
    return Registry<Measure>::get("heads").run(model, rows, {});
  };
  const HeadsResult one = measured(1), two = measured(2);
  EXPECT_EQ(one.importance, two.importance);
  EXPECT_EQ(one.out_norm, two.out_norm);
  EXPECT_EQ(one.loss, two.loss);
  fs::remove_all(scratch());
}

TEST(Measure, OfShortRowsIsWhatTheBeginningOfLongOnesShows) {
  const Model model = random_model(scratch(), 300);
  TokenRows rows = random_rows(3, 200, 300);
  const HeadsResult whole = Registry<Measure>::get("heads").run(model, rows, {});
  for (auto& row : rows.rows) row.resize(65);
  const HeadsResult cut = Registry<Measure>::get("heads").run(model, rows, {});
  EXPECT_EQ(whole.short_context, 64);
  for (size_t h = 0; h < 2; ++h) {
    EXPECT_NEAR(whole.short_importance[0][h], cut.importance[0][h], 1e-6);
    EXPECT_NEAR(whole.short_first_weight[0][h], cut.first_weight[0][h], 1e-6);
    EXPECT_GT(std::abs(whole.first_weight[0][h] - cut.first_weight[0][h]), 1e-4);
  }
  fs::remove_all(scratch());
}

TEST(Measure, RefusesWeightsThatAreNotFinite) {
  for (const double spoil : {double{NAN}, double{INFINITY}}) {
    const Model model = random_model(scratch(), 300, spoil);
    const std::string text =
        complaint([&] { Registry<Measure>::get("heads").run(model, random_rows(1, 8, 300), {}); });
    EXPECT_THAT(text,
                HasSubstr("tensor 'model.layers.0.mlp.up_proj.weight': holds NaN or infinity"));
  }
  fs::remove_all(scratch());
}

TEST(Measure, RefusesRowsThatDoNotFitTheModel) {
  const Model model = random_model(scratch(), 300);
  const auto refused = [&](const TokenRows& rows) {
    return complaint([&] { Registry<Measure>::get("heads").run(model, rows, {}); });
  };
  EXPECT_THAT(refused({.rows = {{1, 300, 2}}}), HasSubstr("token 300 is not among the 300"));
  EXPECT_THAT(refused({.rows = {{1, 2, 300}}}), HasSubstr("token 300 is not among the 300"));
  EXPECT_THAT(refused(random_rows(1, 2049, 300)), HasSubstr("the model has 2048 positions"));
  fs::remove_all(scratch());
}

}  // namespace
}  // namespace sinkmoe::inference
