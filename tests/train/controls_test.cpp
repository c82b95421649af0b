#include "train/update/controls.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/hash.h"
#include "model/weights_io.h"
#include "support/options.h"
#include "train/eval/answers.h"
#include "train/recorder.h"

namespace sinkmoe::train {
namespace {

using testing::Folder;
using testing::Recorder;
using testing::run;
using testing::run_cut;
using testing::tiny_config;

TEST(ShuffledTargets, ArePermutedOverTheWholeBatch) {
  const at::Tensor target = at::arange(512);
  shuffle_targets(target, 1, 2, 0);
  EXPECT_FALSE(at::equal(target, at::arange(512)));
  EXPECT_TRUE(at::equal(std::get<0>(target.sort()), at::arange(512)));
  const double moved = (target - at::arange(512)).abs().to(at::kDouble).mean().item<double>();
  EXPECT_NEAR(moved, 512 / 3.0, 25) << "the mean distance of two independent places";
}

TEST(ShuffledTargets, AreAPureFunctionOfSeedStepAndRow) {
  const auto shuffled = [](uint64_t seed, int64_t step, int64_t row) {
    const at::Tensor target = at::arange(64);
    shuffle_targets(target, seed, step, row);
    return target;
  };
  EXPECT_TRUE(at::equal(shuffled(1, 2, 3), shuffled(1, 2, 3)));
  EXPECT_FALSE(at::equal(shuffled(0, 2, 3), shuffled(1, 2, 3)));
  EXPECT_FALSE(at::equal(shuffled(1, 3, 3), shuffled(1, 2, 3)));
  EXPECT_FALSE(at::equal(shuffled(1, 2, 4), shuffled(1, 2, 3)));
}

TEST(ShuffledTargets, KeepTheInputsAndValidation) {
  config::RunConfig config = tiny_config();
  const auto source = data::open_source(config.data);
  const Batch plain = training_batch(*source, config, 3, 0, 8, at::kCPU),
              valid = evaluation_batch(*source, config, 0, 8, at::kCPU);
  config.train.control = config::Control::shuffled_targets;
  const Batch shuffled = training_batch(*source, config, 3, 0, 8, at::kCPU);
  EXPECT_TRUE(at::equal(shuffled.ids_BT, plain.ids_BT));
  EXPECT_FALSE(at::equal(shuffled.target_N, plain.target_N));
  EXPECT_TRUE(at::equal(std::get<0>(shuffled.target_N.sort()), std::get<0>(plain.target_N.sort())));
  EXPECT_TRUE(
      at::equal(evaluation_batch(*source, config, 0, 8, at::kCPU).target_N, valid.target_N));
}

// Nothing but the frequencies can be learnt: the loss stops at their entropy, far above
// what the chain allows.
TEST(ShuffledTargets, LeaveOnlyTheFrequencies) {
  config::RunConfig config = tiny_config();
  config.train.steps = 150;
  config.train.lr = 1e-2;
  const Folder a("real"), b("shuffled");
  const double real = run(config, a.path).last("eval/loss");
  config.train.control = config::Control::shuffled_targets;
  const double shuffled = run(config, b.path).last("eval/loss");
  EXPECT_GT(shuffled, real + 0.3);
  EXPECT_LT(shuffled, std::log(64.0) - 0.3) << "but the frequencies are learnt";
}

class Frozen : public ::testing::TestWithParam<std::string> {};

TEST_P(Frozen, AttentionKeepsItsInitialValuesAndTheRestTrains) {
  config::RunConfig config = tiny_config(GetParam());
  config.train.control = config::Control::frozen_attention;
  config.balance.weight = 1e-2;
  config.model.qk_norm = true;
  const Folder folder("frozen");
  const Recorder r = run(config, folder.path);
  const int64_t vocabulary = data::open_source(config.data)->vocabulary();
  const model::Decoder fresh(config, vocabulary, at::kCPU);
  double frozen = 0;
  for (const auto& entry : fresh.params().entries())
    if (is_attention(entry.spec.name)) frozen += static_cast<double>(entry.value.numel());
  EXPECT_GE(frozen, 2 * 4 * 16 * 16) << "two layers of four matrices";
  EXPECT_EQ(r.last("model/trained"), r.last("model/parameters") - frozen);
  model::Decoder trained(config, vocabulary, at::kCPU);
  model::load_weights(trained, r.final_weights);
  for (size_t i = 0; i < fresh.params().entries().size(); ++i) {
    const auto &x = fresh.params().entries()[i], &y = trained.params().entries()[i];
    EXPECT_EQ(at::equal(x.value, y.value), is_attention(x.spec.name)) << x.spec.name;
  }
}

TEST_P(Frozen, ResumeIsBitExact) {
  config::RunConfig config = tiny_config(GetParam());
  config.train.control = config::Control::frozen_attention;
  const Folder whole("whole"), cut("cut");
  const Recorder expected = run(config, whole.path), got = run_cut(config, cut.path);
  EXPECT_EQ(sha256_file(got.final_weights), sha256_file(expected.final_weights));
}

INSTANTIATE_TEST_SUITE_P(All, Frozen, ::testing::Values("vanilla", "sink", "gated"));

// What does not train does not count in the gradient norm, so clipping is that of the rest.
TEST(FrozenParams, ClearTheirGradients) {
  tensor::ParamSet params;
  params.add({.name = "a.self_attn.x", .shape = {2}, .value = 1});
  params.add({.name = "b", .shape = {2}, .value = 1});
  params.materialise(0, at::kCPU);
  params.flat_grad().fill_(3);
  const FrozenParams frozen(params, is_attention);
  frozen.clear_gradients();
  EXPECT_TRUE(at::equal(params.entries()[0].value.grad(), at::zeros({2})));
  EXPECT_TRUE(at::equal(params.entries()[1].value.grad(), at::full({2}, 3.0)));
}

// Hidden states that are one-hot and a unit output matrix: the most probable token is known.
TEST(AnswerAccuracy, CountsAnswersAlone) {
  const config::DataConfig data = testing::source_config("recall", {{"pairs", 4}, {"queries", 4}});
  const auto source = data::open_source(data);
  config::RunConfig config;
  config.data = data;
  const Batch batch = evaluation_batch(*source, config, 0, 3, at::kCPU);
  const at::Tensor unit = at::eye(64);
  at::Tensor guess = batch.target_N.clone();
  const auto accuracy = [&] {
    AnswerAccuracy count(*source);
    count.add(unit.index_select(0, guess), unit, batch);
    return count.value();
  };
  EXPECT_EQ(accuracy(), 1.0);
  std::vector<uint8_t> part(64);
  source->parts_of(std::span<const int32_t>(batch.rows).first(65), part);
  for (int64_t t = 0; t < 64; ++t)
    if (part[static_cast<size_t>(t)] != 0) guess[t] = 0;
  EXPECT_EQ(accuracy(), 1.0) << "fillers do not count";
  for (int64_t t = 0; t < 64; ++t)
    if (part[static_cast<size_t>(t)] == 0) guess[t] = 0;
  EXPECT_NEAR(*accuracy(), 8.0 / 12, 1e-12) << "the answers of the first row are wrong";
}

TEST(AnswerAccuracy, IsAbsentWithoutAnswers) {
  config::RunConfig config = tiny_config();
  const Folder folder("noanswers");
  EXPECT_TRUE(std::isnan(run(config, folder.path).last("eval/accuracy")));
  config.data =
      testing::source_config("recall", {{"pairs", 3}, {"queries", 3}}, config.data.context);
  const Recorder r = run(config, folder.path);
  EXPECT_GE(r.last("eval/accuracy"), 0);
  EXPECT_GT(r.last("eval/loss_answer"), r.last("eval/loss_filler"));
}

}  // namespace
}  // namespace sinkmoe::train
