#include "train/trainable/lora.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/hash.h"
#include "model/weights_io.h"
#include "train/data/batch.h"
#include "train/eval/evaluate.h"
#include "train/recorder.h"

namespace sinkmoe::train {
namespace {

using testing::Folder;
using testing::Recorder;
using testing::run;
using testing::run_cut;
using testing::tiny_config;

config::RunConfig with_adapters(config::RunConfig config, int64_t rank) {
  config.train.lora_rank = rank;
  config.train.lora_alpha = 4;
  config.train.seed = 5;
  return config;
}

model::Decoder loaded(const config::RunConfig& config, const std::filesystem::path& weights) {
  model::Decoder model(config, data::open_source(config.data)->vocabulary(), at::kCPU);
  model::load_weights(model, weights);
  return model;
}

class Adapters : public ::testing::TestWithParam<std::string> {
 protected:
  Adapters() : config_(tiny_config(GetParam())), parent_folder_("parent"), child_folder_("child") {
    config_.eval.final_tokens = config_.eval.tokens;
    parent_ = run(config_, parent_folder_.path);
  }
  config::RunConfig config_;
  Folder parent_folder_, child_folder_;
  Recorder parent_;
};

// B starts at zero, so an untrained child is its parent.
TEST_P(Adapters, StartAsTheParent) {
  config::RunConfig child = with_adapters(config_, 3);
  child.train.steps = 0;
  const Recorder c = run(child, child_folder_.path, parent_.final_weights);
  EXPECT_EQ(c.last("eval/loss"), parent_.last("eval/loss"));
}

// What a run with adapters leaves behind: the parent, plus a change of rank r in
// two matrices a layer.
TEST_P(Adapters, MergedWeightsDifferByTheRankAndNowhereElse) {
  const config::RunConfig child = with_adapters(config_, 3);
  const Recorder c = run(child, child_folder_.path, parent_.final_weights);
  const model::Decoder before = loaded(config_, parent_.final_weights),
                       after = loaded(config_, c.final_weights);
  for (size_t i = 0; i < before.params().entries().size(); ++i) {
    const auto &x = before.params().entries()[i], &y = after.params().entries()[i];
    const at::Tensor change = (y.value - x.value).detach().to(at::kDouble);
    const bool adapted =
        x.spec.name.ends_with(".qkv_proj.weight") || x.spec.name.ends_with(".o_proj.weight");
    if (!adapted) {
      EXPECT_TRUE(at::equal(x.value, y.value)) << x.spec.name;
      continue;
    }
    const at::Tensor singular = at::linalg_svdvals(change);
    EXPECT_GT(singular[2].item<double>(), 1e-5) << x.spec.name;
    EXPECT_LT(singular[3].item<double>(), 1e-3 * singular[2].item<double>()) << x.spec.name;
  }
}

// The weights file alone, read into a model without adapters, is the model that was evaluated.
TEST_P(Adapters, MergedWeightsAreTheModel) {
  const Recorder c = run(with_adapters(config_, 3), child_folder_.path, parent_.final_weights);
  const model::Decoder merged = loaded(config_, c.final_weights);
  const auto source = data::open_source(config_.data);
  const Evaluated e = evaluate(merged, *source, config_.eval.final_tokens, at::kCPU);
  EXPECT_EQ(e.result.loss, c.last("eval/loss"));
  EXPECT_EQ(c.last("model/parameters"), parent_.last("model/trained"));
  // Rank 3, width 16, two layers: 3 * (16 + 48) for qkv_proj and 3 * (16 + 16) for o_proj.
  EXPECT_EQ(c.last("model/trained"), 2 * 3 * (64 + 32));
  EXPECT_NE(e.result.loss, parent_.last("eval/loss"));
}

TEST_P(Adapters, ResumeIsBitExact) {
  const config::RunConfig child = with_adapters(config_, 3);
  const Recorder expected = run(child, child_folder_.path, parent_.final_weights);
  const Folder cut("cut");
  const Recorder got = run_cut(child, cut.path, parent_.final_weights);
  EXPECT_EQ(got.last("eval/loss"), expected.last("eval/loss"));
  EXPECT_EQ(sha256_file(got.final_weights), sha256_file(expected.final_weights));
}

INSTANTIATE_TEST_SUITE_P(All, Adapters, ::testing::Values("vanilla", "sink", "gated"));

class Gradient : public ::testing::Test {
 protected:
  Gradient()
      : config_(with_adapters(tiny_config(), 2)),
        source_(data::open_source(config_.data)),
        batch_(training_batch(*source_, config_, 0, 0, 4, at::kCPU)),
        model_(config_, source_->vocabulary(), at::kCPU, at::kDouble),
        adapters_(model_) {
    const at::NoGradGuard no_grad;
    for (const auto& entry : adapters_.params().entries())
      if (entry.spec.name.ends_with("lora_B")) at::Tensor(entry.value).normal_(0, 0.1);
    adapters_.write_weights();
  }

  at::Tensor loss() {
    const model::DecoderOut out = model_.forward(batch_.ids_BT);
    return model::linear_cross_entropy(out.hidden_NC, model_.output_weight_VC(), batch_.target_N);
  }

  double loss_with(double* value, double at) {
    const at::NoGradGuard no_grad;
    const double before = *value;
    *value = at;
    adapters_.write_weights();
    const double result = loss().item<double>();
    *value = before;
    return result;
  }

  config::RunConfig config_;
  std::unique_ptr<data::DataSource> source_;
  Batch batch_;
  model::Decoder model_;
  LowRankAdapters adapters_;
};

TEST_F(Gradient, AgreesWithFiniteDifferences) {
  loss().backward();
  adapters_.gather_gradients();
  constexpr double kStep = 1e-5;
  for (const auto& entry : adapters_.params().entries())
    for (const int64_t i : {int64_t{0}, int64_t{7}, entry.value.numel() - 1}) {
      double* value = entry.value.data_ptr<double>() + i;
      const double slope =
          (loss_with(value, *value + kStep) - loss_with(value, *value - kStep)) / (2 * kStep);
      EXPECT_NEAR(entry.value.grad().data_ptr<double>()[i], slope, 1e-8 + 1e-5 * std::abs(slope))
          << entry.spec.name << " " << i;
    }
}

}  // namespace
}  // namespace sinkmoe::train
