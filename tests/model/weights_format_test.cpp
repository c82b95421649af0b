// An independent program, written from docs/weights_format.md, gets the same logits from
// the files of save_weights.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <sstream>
#include <string>

#include "config/compose/canonical.h"
#include "core/hash.h"
#include "model/decoder.h"
#include "model/weights_io.h"
#include "support/source_dir.h"
#include "support/tiny.h"
#include "weights/safetensors.h"

namespace sinkmoe::model {
namespace {

struct Shape {
  std::string name;
  std::string kind = "vanilla", gate_form = "headwise";
  config::Mlp mlp = config::Mlp::gelu;
  config::Positions positions = config::Positions::rotary;
  bool qk_norm = false, tie = false;
  int64_t kv_heads = 0;
};

config::RunConfig config_of(const Shape& shape) {
  config::RunConfig c = testing::tiny_config(shape.kind);
  c.model.heads = 4;
  c.attention.options.set("gated", "form", shape.gate_form);
  c.model.mlp = shape.mlp;
  c.model.mlp_ratio = 1.5;
  c.model.positions = shape.positions;
  c.model.qk_norm = shape.qk_norm;
  c.model.tie_embeddings = shape.tie;
  c.model.kv_heads = shape.kv_heads;
  return c;
}

// Every tensor gets values of order one, so that a forgotten one shows.
void scramble(Decoder& model) {
  double phase = 1;
  for (const tensor::ParamSet::Entry& entry : model.params().entries()) {
    at::Tensor value = entry.value.detach();
    value.copy_(at::arange(value.numel(), at::kDouble)
                    .mul(1.7)
                    .add(phase++)
                    .sin()
                    .mul(0.6)
                    .add(0.1)
                    .view(value.sizes()));
  }
}

// What rebuild_model.py prints, as [T, V].
at::Tensor rebuilt_logits(const std::filesystem::path& weights, const std::vector<int64_t>& ids) {
  std::ostringstream command;
  command << "python3 " << source_dir().string() << "/tests/model/rebuild_model.py " << weights;
  for (const int64_t id : ids) command << " " << id;
  std::vector<double> values;
  FILE* out = ::popen(command.str().c_str(), "r");
  for (double value; std::fscanf(out, "%lf", &value) == 1;) values.push_back(value);
  EXPECT_EQ(::pclose(out), 0) << command.str();
  return at::tensor(values, at::kDouble).view({static_cast<int64_t>(ids.size()), -1});
}

// A run and its child without steps hold the same tensors, with other settings.
TEST(WeightsFile, EqualTensorsGiveEqualBytesWhateverTheOtherSettingsAre) {
  const testing::Folder folder("bytes");
  auto hash_of = [&](const config::RunConfig& config) {
    Decoder model(config, 11, at::kCPU);
    scramble(model);
    save_weights(model, folder.path / "model.safetensors");
    return sha256_file(folder.path / "model.safetensors");
  };
  config::RunConfig config = config_of({"vanilla"});
  const std::string hash = hash_of(config);
  config.run.threads = 2;
  config.train.steps = 0;
  config.train.seed = 7;
  config.eval.probes = config::Probes::full;
  config.data.context = 32;
  EXPECT_EQ(hash_of(config), hash);
  config.model.norm_eps *= 2;
  EXPECT_NE(hash_of(config), hash) << "what the tensors mean";
}

// A file of an earlier version holds the whole configuration; the model of it is still compared.
TEST(WeightsFile, TheModelOfAnEarlierFileIsCompared) {
  const testing::Folder folder("earlier");
  const std::filesystem::path file = folder.path / "model.safetensors";
  config::RunConfig config = config_of({"vanilla"});
  const float zero = 0;
  weights::write_safetensors(
      file, {{"x", "F32", {1}, {reinterpret_cast<const std::byte*>(&zero), sizeof zero}}},
      {{"sinkmoe_config", config::canonical_text(config)}});
  config.model.norm_eps *= 2;
  Decoder model(config, 11, at::kCPU);
  try {
    load_weights(model, file);
    FAIL() << "accepted";
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("model.norm_eps"), std::string::npos) << e.what();
  }
}

class WeightsFormat : public ::testing::TestWithParam<Shape> {};

TEST_P(WeightsFormat, AnIndependentProgramGetsTheSameLogits) {
  const at::NoGradGuard no_grad;
  const std::vector<int64_t> ids = {10, 3, 7, 7, 0, 9, 1};
  const testing::Folder folder("format");
  Decoder model(config_of(GetParam()), 11, at::kCPU);
  scramble(model);
  save_weights(model, folder.path / "model.safetensors");
  const at::Tensor ours = at::linear(
      model.forward(at::tensor(ids, at::kLong).view({1, -1})).hidden_NC, model.output_weight_VC());
  const at::Tensor theirs = rebuilt_logits(folder.path / "model.safetensors", ids);
  ASSERT_EQ(theirs.sizes(), ours.sizes());
  const double worst = (ours.to(at::kDouble) - theirs).abs().max().item<double>();
  EXPECT_LT(worst, 2e-5 * theirs.abs().max().item<double>());
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, WeightsFormat,
    ::testing::Values(
        Shape{"vanilla"}, Shape{.name = "sink", .kind = "sink", .kv_heads = 2},
        Shape{.name = "gated", .kind = "gated", .mlp = config::Mlp::relu2},
        Shape{.name = "elementwise",
              .kind = "gated",
              .gate_form = "elementwise",
              .mlp = config::Mlp::swiglu,
              .qk_norm = true,
              .tie = true},
        Shape{.name = "learned", .positions = config::Positions::learned, .qk_norm = true},
        Shape{.name = "none", .kind = "plain", .positions = config::Positions::none, .tie = true}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace sinkmoe::model
