#include "model/decoder.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/registry.h"
#include "model/weights_io.h"
#include "support/tiny.h"

namespace sinkmoe::model {
namespace {

at::Tensor ids(int64_t B, int64_t T, int64_t V) {
  return (at::arange(B * T, at::kLong) * 31 % V).view({B, T});
}

at::Tensor logits(const Decoder& model, const at::Tensor& ids_BT) {
  return at::linear(model.forward(ids_BT).hidden_NC, model.output_weight_VC());
}

TEST(Decoder, NoTokenSeesItsFuture) {
  const at::NoGradGuard no_grad;
  for (const std::string& kind : plugin_names("variant")) {
    const Decoder model(testing::tiny_config(kind), 11, at::kCPU);
    at::Tensor a = ids(1, 12, 11), b = a.clone();
    b[0][7] = (b[0][7] + 1) % 11;
    const at::Tensor difference = (logits(model, a) - logits(model, b)).abs().amax(1);
    EXPECT_EQ(difference.narrow(0, 0, 7).max().item<double>(), 0) << kind;
    EXPECT_GT(difference[7].item<double>(), 0) << kind;
    EXPECT_GT(difference[11].item<double>(), 0) << kind;
  }
}

TEST(Decoder, FusedFp32MatchesPlainFp64) {
  const at::NoGradGuard no_grad;
  for (const config::Mlp mlp : {config::Mlp::gelu, config::Mlp::swiglu, config::Mlp::relu2})
    for (const bool qk_norm : {false, true}) {
      config::RunConfig config = testing::tiny_config();
      config.model.mlp = mlp;
      config.model.qk_norm = qk_norm;
      config.model.kv_heads = 1;
      const Decoder narrow(config, 11, at::kCPU), wide(config, 11, at::kCPU, at::kDouble);
      const at::Tensor a = logits(narrow, ids(2, 16, 11)).to(at::kDouble),
                       b = logits(wide, ids(2, 16, 11));
      EXPECT_LT(((a - b).norm() / b.norm()).item<double>(), 1e-5) << name_of(mlp) << qk_norm;
    }
}

TEST(Decoder, SharedParametersStartEqualInEveryVariant) {
  const Decoder a(testing::tiny_config("vanilla"), 11, at::kCPU),
      b(testing::tiny_config("gated"), 11, at::kCPU);
  int compared = 0;
  for (const auto& x : a.params().entries())
    for (const auto& y : b.params().entries())
      if (x.spec.name == y.spec.name) {
        EXPECT_TRUE(x.value.equal(y.value)) << x.spec.name;
        ++compared;
      }
  EXPECT_EQ(compared, static_cast<int>(a.params().entries().size()));
}

TEST(Decoder, HeadMaskRemovesAHead) {
  const at::NoGradGuard no_grad;
  const Decoder model(testing::tiny_config(), 11, at::kCPU);
  const at::Tensor x = ids(1, 8, 11), all = model.forward(x).hidden_NC;
  EXPECT_TRUE(model.forward(x, {.head_mask_LH = at::ones({2, 2})}).hidden_NC.equal(all));
  at::Tensor mask = at::ones({2, 2});
  mask[1][0] = 0;
  EXPECT_FALSE(model.forward(x, {.head_mask_LH = mask}).hidden_NC.equal(all));
}

TEST(Weights, RoundTripGivesTheSameLogits) {
  const at::NoGradGuard no_grad;
  for (const std::string& kind : plugin_names("variant")) {
    config::RunConfig config = testing::tiny_config(kind);
    config.model.mlp = config::Mlp::swiglu;
    config.model.kv_heads = 1;
    const testing::Folder folder("weights");
    const Decoder saved(config, 11, at::kCPU);
    save_weights(saved, folder.path / "model.safetensors");
    config.train.seed = 5;
    Decoder loaded(config, 11, at::kCPU);
    EXPECT_TRUE(load_weights(loaded, folder.path / "model.safetensors").empty());
    EXPECT_TRUE(logits(saved, ids(1, 16, 11)).equal(logits(loaded, ids(1, 16, 11)))) << kind;
  }
}

TEST(Weights, OtherShapesAreRefused) {
  const testing::Folder folder("shapes");
  config::RunConfig config = testing::tiny_config();
  save_weights(Decoder(config, 11, at::kCPU), folder.path / "model.safetensors");
  config.model.width = 32;
  Decoder other(config, 11, at::kCPU);
  EXPECT_THROW(load_weights(other, folder.path / "model.safetensors"), Error);
  Decoder shallow(
      [&] {
        config::RunConfig c = testing::tiny_config();
        c.model.layers = 1;
        return c;
      }(),
      11, at::kCPU);
  EXPECT_THROW(load_weights(shallow, folder.path / "model.safetensors"), Error);
}

TEST(Weights, SettingsThatShapesDoNotShowMustAgree) {
  const testing::Folder folder("meaning");
  config::RunConfig config = testing::tiny_config();
  save_weights(Decoder(config, 11, at::kCPU), folder.path / "model.safetensors");
  config.model.heads = 4;
  Decoder other(config, 11, at::kCPU);
  try {
    load_weights(other, folder.path / "model.safetensors");
    ADD_FAILURE() << "accepted";
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("model.heads is 2 in the weights and 4 here"),
              std::string::npos)
        << e.what();
  }
}

}  // namespace
}  // namespace sinkmoe::model
