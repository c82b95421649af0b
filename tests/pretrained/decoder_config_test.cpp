// Which pretrained models are exactly our decoder, and what is said about the others.
#include "pretrained/start/decoder_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/problems.h"
#include "pretrained/checkpoint.h"
#include "support/source_dir.h"

namespace sinkmoe::pretrained {
namespace {

using testing::HasSubstr;

Architecture architecture_of(const std::string& name) {
  return open_model(source_dir() / "tests/inference/checkpoints" / name).architecture;
}

std::string refusal(const std::string& name, int64_t context = 8) {
  return complaint([&] { decoder_config(architecture_of(name), context, name); });
}

TEST(DecoderConfig, OfALlamaHasItsSettings) {
  const config::ModelConfig m = decoder_config(architecture_of("llama2"), 12, "here");
  EXPECT_EQ(m.layers, 2);
  EXPECT_EQ(m.width, 32);
  EXPECT_EQ(m.heads, 4);
  EXPECT_EQ(m.kv_heads, 0);
  EXPECT_EQ(m.mlp, config::Mlp::swiglu);
  EXPECT_DOUBLE_EQ(m.mlp_ratio, 40.0 / 32);
  EXPECT_EQ(m.rotary_base, 10000);
  EXPECT_EQ(m.norm_eps, 1e-6);
  EXPECT_FALSE(m.tie_embeddings);
  EXPECT_FALSE(m.qk_norm);
}

TEST(DecoderConfig, OtherModelsAreRefusedWithTheReasons) {
  EXPECT_THAT(refusal("llama3"), HasSubstr("biases"));
  EXPECT_THAT(refusal("llama3"), HasSubstr("heads of another width"));
  EXPECT_THAT(refusal("llama3"), HasSubstr("scaled or partial rotary positions"));
  EXPECT_THAT(refusal("llama_tied"), HasSubstr("scaled or partial rotary positions"));  // YaRN
  EXPECT_THAT(refusal("qwen2"), HasSubstr("biases"));
  EXPECT_THAT(refusal("qwen3"), HasSubstr("heads of another width"));
  EXPECT_THAT(refusal("smollm3"), HasSubstr("layers without positions"));
  EXPECT_THAT(refusal("olmo2"), HasSubstr("norms after the branches"));
  EXPECT_THAT(refusal("gpt2"), HasSubstr("learned positions"));
  EXPECT_THAT(refusal("pythia"), HasSubstr("parallel branches"));
  EXPECT_THAT(refusal("gpt_oss"), HasSubstr("experts; learned sinks"));
  EXPECT_THAT(refusal("gemma3"), HasSubstr("scaled embeddings"));
}

// Beyond its window a query would see other keys than in our decoder.
TEST(DecoderConfig, AWindowMattersOnlyIfItIsShorterThanTheRows) {
  EXPECT_EQ(refusal("mistral", 5), "");
  EXPECT_THAT(refusal("mistral", 6), HasSubstr("windows shorter than data.context"));
  EXPECT_THAT(refusal("llama2", 65), HasSubstr("the model has 64 positions"));
}

}  // namespace
}  // namespace sinkmoe::pretrained
