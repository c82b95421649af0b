// config.json to an architecture: both forms of rotary settings, defaults, and refusals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "config/problems.h"
#include "pretrained/checkpoint.h"

namespace sinkmoe::pretrained {
namespace {

using nlohmann::json;
using testing::HasSubstr;

json llama() {
  return {{"model_type", "llama"},    {"vocab_size", 64},
          {"hidden_size", 32},        {"intermediate_size", 40},
          {"num_hidden_layers", 2},   {"num_attention_heads", 4},
          {"num_key_value_heads", 2}, {"max_position_embeddings", 128},
          {"rms_norm_eps", 1e-5},     {"rope_theta", 500000.0}};
}

json with(json config, const json& changes) {
  config.merge_patch(changes);
  return config;
}

Architecture read(const json& config) { return read_architecture(config.dump(), "m/config.json"); }
std::string refused(const json& config) {
  return complaint([&] { read(config); });
}

const json kLlama3 = {{"factor", 8.0},
                      {"low_freq_factor", 1.0},
                      {"high_freq_factor", 4.0},
                      {"original_max_position_embeddings", 64}};

TEST(Config, OldAndNewFormOfRotarySettingsMeanTheSame) {
  const json older = with(with(llama(), {{"rope_scaling", kLlama3}}),
                          {{"rope_scaling", {{"rope_type", "llama3"}}}});
  json newer = llama();
  newer.erase("rope_theta");
  newer["rope_parameters"] = kLlama3;
  newer["rope_parameters"]["rope_type"] = "llama3";
  newer["rope_parameters"]["rope_theta"] = 500000.0;
  EXPECT_EQ(read(older).rotary.at(0).frequency, read(newer).rotary.at(0).frequency);
  EXPECT_NE(read(older).rotary.at(0).frequency, read(llama()).rotary.at(0).frequency);
}

TEST(Config, PlainFrequenciesFallGeometrically) {
  const std::vector<double> f = read(llama()).rotary.at(0).frequency;
  ASSERT_EQ(f.size(), 4u);
  EXPECT_DOUBLE_EQ(f[0], 1);
  EXPECT_NEAR(f[1], 0.0376060309, 1e-10);   // 500000^(-1/4)
  EXPECT_NEAR(f[2], 0.00141421356, 1e-11);  // 500000^(-1/2)
}

TEST(Config, LinearScalingStretchesEveryWave) {
  const auto scaled = read(with(llama(), {{"rope_scaling", {{"type", "linear"}, {"factor", 4.0}}}}))
                          .rotary.at(0)
                          .frequency;
  EXPECT_DOUBLE_EQ(scaled[0], 0.25);
}

TEST(Config, HeadWidthNeedNotBeWidthOverHeads) {
  const Architecture a = read(with(llama(), {{"head_dim", 16}}));
  EXPECT_EQ(a.layers[0].query.weight.shape, (std::vector<int64_t>{64, 32}));
  EXPECT_EQ(a.layers[0].key.weight.shape, (std::vector<int64_t>{32, 32}));
  EXPECT_DOUBLE_EQ(a.score_scale, 0.25);
}

TEST(Config, KeysOfTrainingAndGenerationChangeNothing) {
  const json more = with(llama(), {{"architectures", {"LlamaForCausalLM"}},
                                   {"torch_dtype", "bfloat16"},
                                   {"bos_token_id", 7},
                                   {"use_cache", true},
                                   {"transformers_version", "4.43.0"}});
  EXPECT_EQ(read(more).bos, 7);
}

TEST(Config, UnknownKeysAreRefusedByName) {
  const std::string text =
      refused(with(llama(), {{"rope_scalling", {{"type", "linear"}}}, {"logit_softcap", 30.0}}));
  EXPECT_THAT(text, HasSubstr("unknown key 'rope_scalling'"));
  EXPECT_THAT(text, HasSubstr("did you mean 'rope_scaling'"));
  EXPECT_THAT(text, HasSubstr("unknown key 'logit_softcap' with the value 30.0"));
  EXPECT_THAT(text, HasSubstr("m/config.json"));
}

TEST(Config, UnknownKeysWithinRotarySettingsAreRefusedByName) {
  const json config =
      with(llama(), {{"rope_scaling", {{"type", "linear"}, {"factor", 2.0}, {"bend", 1}}}});
  EXPECT_THAT(refused(config), HasSubstr("rope_scaling: unknown key 'bend'"));
}

struct Refused {
  const char* name;
  json changes;
  const char* says;
};
class ConfigRefuses : public testing::TestWithParam<Refused> {};

TEST_P(ConfigRefuses, WithAMessageThatNamesTheKey) {
  EXPECT_THAT(refused(with(llama(), GetParam().changes)), HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    Keys, ConfigRefuses,
    testing::Values(
        Refused{"Family", {{"model_type", "lama"}}, "did you mean 'llama'"},
        Refused{"NoFamily", {{"model_type", nullptr}}, "'model_type' is missing"},
        Refused{"RotaryKind",
                {{"rope_scaling", {{"type", "longrope"}}}},
                "unknown kind of rotary positions 'longrope'"},
        Refused{"TwoKinds",
                {{"rope_scaling", {{"type", "linear"}, {"rope_type", "yarn"}, {"factor", 2}}}},
                "'type' is not what 'rope_type' says"},
        Refused{"TwoForms",
                {{"rope_parameters", {{"rope_theta", 1e4}}}},
                "'rope_theta' is not what 'rope_parameters' says"},
        Refused{"NoFactor",
                {{"rope_scaling", {{"type", "linear"}, {"factor", 0}}}},
                "'factor' is 0, expected a number above 0"},
        Refused{"NotFinite",
                {{"rope_scaling", {{"type", "yarn"}, {"factor", 2}, {"beta_fast", 0}}}},
                "rope_scaling: the rotary frequencies are not finite"},
        Refused{"Epsilon", {{"rms_norm_eps", -1e-5}}, "the epsilon of the norms is below 0"},
        Refused{"Quantized", {{"quantization_config", {{"bits", 4}}}}, "the weights are quantized"},
        Refused{"Missing", {{"hidden_size", nullptr}}, "'hidden_size' is missing"},
        Refused{"Negative", {{"hidden_size", -32}}, "'hidden_size' is -32"},
        Refused{"Huge",
                {{"vocab_size", 18446744073709551615u}},
                "'vocab_size' is 18446744073709551615"},
        Refused{"Deep", {{"num_hidden_layers", 1001}}, "is above 1000"},
        Refused{"Fraction", {{"num_hidden_layers", 2.5}}, "expected a whole number"},
        Refused{"Text", {{"rms_norm_eps", "small"}}, "expected a number"},
        Refused{"Heads", {{"num_key_value_heads", 3}}, "does not divide"},
        Refused{"Activation", {{"hidden_act", "mish"}}, "'hidden_act' is 'mish'"},
        Refused{"Interleaved", {{"rope_interleaved", true}}, "'rope_interleaved' is true"}),
    [](const auto& info) { return info.param.name; });

TEST(Config, TextThatIsNotJsonIsRefused) {
  EXPECT_THAT(complaint([] { read_architecture("{", "m/config.json"); }),
              HasSubstr("not well-formed JSON"));
  EXPECT_THAT(complaint([] { read_architecture("[]", "m/config.json"); }),
              HasSubstr("not a JSON object"));
  EXPECT_THAT(complaint([] { read_architecture(std::string(100000, '['), "m/config.json"); }),
              HasSubstr("nested more than 32 deep"));
  EXPECT_THAT(complaint([] { read_architecture(R"({"a": 1, "a": 2})", "m/config.json"); }),
              HasSubstr("the key \"a\" stands twice"));
}

TEST(Config, WindowsOfQwenStandInTheUpperLayersOnlyWhenSwitchedOn) {
  json config =
      with(llama(), {{"model_type", "qwen2"}, {"sliding_window", 9}, {"max_window_layers", 1}});
  EXPECT_EQ(read(config).layers[1].window, 0);
  config["use_sliding_window"] = true;
  EXPECT_EQ(read(config).layers[0].window, 0);
  EXPECT_EQ(read(config).layers[1].window, 9);
}

}  // namespace
}  // namespace sinkmoe::pretrained
