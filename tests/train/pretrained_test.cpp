// Runs that start from a pretrained model: the training decoder computes what transformers computed
// (tests/inference/make_checkpoints.py), and adapters in peft's form train beside it.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "config/problems.h"
#include "core/file.h"
#include "pretrained/model_hash.h"
#include "pretrained/start/decoder_config.h"
#include "support/source_dir.h"
#include "train/recorder.h"
#include "train/start/initial_weights.h"
#include "train/trainable/trainable.h"
#include "weights/safetensors.h"

namespace sinkmoe::train {
namespace {

using sinkmoe::testing::Folder;
using sinkmoe::testing::job_of;
using sinkmoe::testing::Recorder;
using sinkmoe::testing::run;
using sinkmoe::testing::run_cut;
using sinkmoe::testing::tiny_config;
using ::testing::HasSubstr;

const std::string kModel = (source_dir() / "tests/inference/checkpoints/llama2").string();

// The checkpoint has 64 ids, as the synthetic source has.
config::RunConfig from_checkpoint(const std::string& kind = "vanilla") {
  config::RunConfig c = tiny_config(kind);
  c.train.init_checkpoint = kModel;
  const pretrained::Model model = pretrained::open_model(kModel);
  c.model = pretrained::decoder_config(model.architecture, c.data.context, kModel);
  c.train.init_hash = pretrained::model_hash(model, "");
  return c;
}

// Losses of the rows in expected.json, by the decoder.
at::Tensor losses(const model::Decoder& model, const nlohmann::json& expected) {
  std::vector<at::Tensor> out;
  for (const auto& list : expected.at("ids")) {
    const at::Tensor ids = at::tensor(list.get<std::vector<int64_t>>(), at::kLong);
    const int64_t T = ids.size(0) - 1;
    const at::NoGradGuard no_grad;
    const at::Tensor hidden = model.forward(ids.narrow(0, 0, T).unsqueeze(0)).hidden_NC;
    out.push_back(model::token_losses(hidden, model.output_weight_VC(), ids.narrow(0, 1, T)));
  }
  return at::cat(out);
}

double error(const config::RunConfig& config, const nlohmann::json& expected) {
  model::Decoder model(config, vocabulary_of(config, 64), at::kCPU);
  load_initial_weights(model, job_of(config, "unused"));
  const at::Tensor wanted =
      at::tensor(expected.at("losses").get<std::vector<double>>(), at::kDouble);
  return (losses(model, expected) - wanted).abs().max().item<double>();
}

double error(const config::RunConfig& config) {
  return error(config, nlohmann::json::parse(read_file(kModel + "/expected.json", 1 << 20)));
}

TEST(Pretrained, TheTrainingDecoderHasTheLossesOfTransformers) {
  EXPECT_LT(error(from_checkpoint()), 2e-5);
}

TEST(Pretrained, ASinkFarBelowTheScoresOrAnOpenGateChangesNothing) {
  config::RunConfig sink = from_checkpoint("sink"), gated = from_checkpoint("gated");
  sink.attention.options.set("sink", "init", -30.0);
  gated.attention.options.set("gated", "bias", 14.0);
  EXPECT_LT(error(sink), 2e-5);
  EXPECT_LT(error(gated), 2e-5);
  gated.attention.options.set("gated", "bias", 0.0);
  EXPECT_GT(error(gated), 1e-2);  // half-open gates
}

TEST(Pretrained, ARunWithoutStepsMeasuresTheModelAndLeavesNoCopyOfIt) {
  config::RunConfig c = from_checkpoint();
  c.train.steps = 0;
  const Folder folder("measured");
  const Recorder r = run(c, folder.path);
  EXPECT_EQ(r.first("eval/loss"), r.last("eval/loss"));
  EXPECT_TRUE(r.final_weights.empty());
  EXPECT_TRUE(folder_names(folder.path).empty());
}

TEST(Pretrained, AnotherModelThanPlannedIsRefused) {
  config::RunConfig c = from_checkpoint();
  c.train.init_hash[0] = c.train.init_hash[0] == '0' ? '1' : '0';
  const Folder folder("other_model");
  EXPECT_THAT(complaint([&] { run(c, folder.path); }),
              HasSubstr("another model than when the run"));
}

config::RunConfig with_adapters(config::RunConfig c) {
  c.train.lora_rank = 3;
  c.train.lora_alpha = 6;
  c.train.lora_form = config::LoraForm::peft;
  c.train.lr = 1e-2;
  return c;
}

TEST(PeftAdapters, AddNothingAtFirstAndTrainOnlyThemselves) {
  const config::RunConfig c = with_adapters(from_checkpoint());
  EXPECT_LT(error(c), 2e-5);
  model::Decoder model(c, 64, at::kCPU);
  PartialTraining partial(model);
  load_initial_weights(model, job_of(c, "unused"));
  const at::Tensor before = model.params().flat().clone();
  const at::Tensor ids = at::arange(12).view({1, 12});
  const model::DecoderOut out = model.forward(ids);
  model::linear_cross_entropy(out.hidden_NC, model.output_weight_VC(), ids.flatten()).backward();
  for (const auto& entry : model.params().entries()) EXPECT_FALSE(entry.value.grad().defined());
  EXPECT_EQ(model.params().flat_grad().numel(), 0);
  EXPECT_GT(partial.trained().flat_grad().abs().max().item<double>(), 0);
  EXPECT_TRUE(model.params().flat().equal(before));
}

// The gradient of the loss by A and B against differences, in fp64.
TEST(PeftAdapters, HaveTheGradientsOfTheLoss) {
  const config::RunConfig c = with_adapters(tiny_config("sink"));
  model::Decoder model(c, 64, at::kCPU, at::kDouble);
  ActivationAdapters adapters(model);
  const at::NoGradGuard outer;
  const at::Tensor flat = adapters.params().flat(), ids = at::arange(3, 15).view({2, 6});
  at::Tensor(flat).copy_(at::randn(flat.sizes(), at::detail::createCPUGenerator(3), at::kDouble) *
                         0.3);
  const auto loss = [&] {
    const model::DecoderOut out = model.forward(ids);
    return model::linear_cross_entropy(out.hidden_NC, model.output_weight_VC(), ids.flatten());
  };
  {
    const at::AutoGradMode on(true);
    loss().backward();
  }
  const at::Tensor gradient = adapters.params().flat_grad().clone();
  for (const auto& entry : adapters.params().entries()) {
    constexpr double kStep = 1e-5;
    at::Tensor slot = at::Tensor(flat).narrow(0, entry.offset + 1, 1);
    slot.add_(kStep);
    const double above = loss().item<double>();
    slot.sub_(2 * kStep);
    const double below = loss().item<double>();
    slot.add_(kStep);
    EXPECT_NEAR(gradient[entry.offset + 1].item<double>(), (above - below) / (2 * kStep), 1e-8)
        << entry.spec.name;
  }
}

const std::string kAdapters = (source_dir() / "tests/inference/adapters/llama2_qkvo").string();

config::RunConfig from_adapters(config::RunConfig c) {
  c.train.init_checkpoint = kAdapters;
  c.train.init_hash = pretrained::model_hash(pretrained::open_model(kAdapters), "");
  return c;
}

TEST(PeftAdapters, AsAStartTheyAreMergedAndHaveTheLossesOfPeft) {
  const auto expected = nlohmann::json::parse(read_file(kAdapters + "/expected.json", 1 << 20));
  EXPECT_LT(error(from_adapters(from_checkpoint()), expected), 2e-5);
  EXPECT_GT(error(from_checkpoint(), expected), 1e-2);
}

TEST(PeftAdapters, AsAStartTheyGoOnTrainingBesideTheModel) {
  const config::RunConfig c = from_adapters(with_adapters(from_checkpoint()));
  config::RunConfig merged = from_adapters(from_checkpoint());
  merged.train.lora_rank = 0;  // all weights train
  const Folder whole("peft_on"), cut("peft_on_cut"), still("peft_merged");
  const Recorder a = run(c, whole.path), second = run_cut(c, cut.path);
  EXPECT_NEAR(a.first("eval/loss"), run(merged, still.path).first("eval/loss"), 1e-5);
  EXPECT_LT(a.last("eval/loss"), a.first("eval/loss"));
  EXPECT_EQ(read_file(second.final_weights, 1 << 24), read_file(a.final_weights, 1 << 24));
}

TEST(PeftAdapters, MergedGiveTheSameModel) {
  const config::RunConfig c = with_adapters(tiny_config());
  model::Decoder model(c, 64, at::kCPU);
  ActivationAdapters adapters(model);
  const at::NoGradGuard no_grad;
  at::Tensor flat = adapters.params().flat();
  flat.copy_(at::randn(flat.sizes(), at::detail::createCPUGenerator(3), at::kFloat) * 0.3);
  const at::Tensor ids = at::arange(8).view({1, 8}), beside = model.forward(ids).hidden_NC;
  adapters.merge();
  const at::Tensor merged = model.forward(ids).hidden_NC;
  EXPECT_LT((merged - beside).abs().max().item<double>(), 1e-5);
  model::Decoder plain(tiny_config(), 64, at::kCPU);
  EXPECT_GT((merged - plain.forward(ids).hidden_NC).abs().max().item<double>(), 1e-2);
}

TEST(PeftAdapters, ResumedGiveTheSameBitsAndLeaveOnlyAdapters) {
  const config::RunConfig c = with_adapters(from_checkpoint());
  const Folder whole("peft_whole"), cut("peft_cut");
  const Recorder a = run(c, whole.path);
  EXPECT_LT(a.last("eval/loss"), a.first("eval/loss"));
  const Recorder second = run_cut(c, cut.path);
  EXPECT_FALSE(weights::Safetensors(second.checkpoints.at(13)).contains("params"));
  EXPECT_EQ(second.last("eval/loss"), a.last("eval/loss"));
  EXPECT_EQ(second.final_weights.filename(), kAdapterFile);
  EXPECT_EQ(read_file(second.final_weights, 1 << 24), read_file(a.final_weights, 1 << 24));
  // Names, shapes and settings as peft reads them.
  const weights::Safetensors file(a.final_weights);
  EXPECT_EQ(file.tensors().size(), 2u * 4 * 2);
  EXPECT_EQ(file.at("base_model.model.model.layers.1.self_attn.k_proj.lora_A.weight").shape,
            (std::vector<int64_t>{3, 32}));
  EXPECT_EQ(file.at("base_model.model.model.layers.0.self_attn.o_proj.lora_B.weight").shape,
            (std::vector<int64_t>{32, 3}));
  const auto config = nlohmann::json::parse(read_file(whole.path / "adapter_config.json", 1 << 16));
  EXPECT_EQ(config.at("r"), 3);
  EXPECT_EQ(config.at("lora_alpha"), 6.0);
  EXPECT_EQ(config.at("target_modules").size(), 4u);
}

}  // namespace
}  // namespace sinkmoe::train
