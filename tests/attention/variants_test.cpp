// What every attention variant must satisfy, also one that is added tomorrow: no name of a variant
// stands here but where a property is one variant's own.
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "attention/attention_case.h"
#include "attention/mixer.h"
#include "core/registry.h"
#include "support/source_dir.h"

namespace sinkmoe::attention {
namespace {

// A variant with its numbers away from their defaults, and one of its choices.
struct Setting {
  std::string kind, option, choice;  // no option: the variant has none with choices
};

void PrintTo(const Setting& s, std::ostream* out) { *out << s.kind << " " << s.choice; }

std::vector<Setting> settings() {
  std::vector<Setting> all;
  for (const auto& [name, kind] : Registry<config::VariantKind>::all()) {
    const size_t before = all.size();
    for (const Option& option : kind.options)
      for (const std::string& choice : option.info.choices)
        all.push_back({name, option.info.key, choice});
    if (all.size() == before) all.push_back({name, "", ""});
  }
  return all;
}

config::AttentionConfig attention_of(const Setting& setting) {
  config::AttentionConfig attention{.kind = setting.kind};
  for (const Option& option : Registry<config::VariantKind>::get(setting.kind).options)
    if (const auto* number = std::get_if<double>(&option.default_value))
      attention.options.set(setting.kind, option.info.key, std::min(*number + 0.4, option.info.hi));
  if (!setting.option.empty()) attention.options.set(setting.kind, setting.option, setting.choice);
  return attention;
}

struct Variant : ::testing::TestWithParam<Setting> {
  static constexpr int64_t B = 2, T = 9, H = 4, J = 2, K = 8, C = 32;

  Variant() {
    config.model = {.layers = 1, .width = C, .heads = H, .kv_heads = J, .init_std = 0.5};
    config.attention = attention_of(GetParam());
    mixer = make_mixer(config, params, "model.layers.0.self_attn.", 0);
    params.materialise(3, at::kCPU, at::kDouble);
    const Inputs inputs = make_inputs({.B = B, .H = H, .J = J, .T = T, .K = K});
    x = inputs.q.transpose(1, 2).reshape({B, T, C}).flip(0).set_requires_grad(true);
    q = inputs.q.detach().set_requires_grad(true);
    k = inputs.k.detach().set_requires_grad(true);
    v = inputs.v.detach().set_requires_grad(true);
    scale = inputs.scale;
  }

  HeadOut mix() const {
    return mixer->mix({.x_BTC = x, .q_BHTK = q, .k_BJTK = k, .v_BJTK = v, .scale = scale});
  }

  config::RunConfig config;
  tensor::ParamSet params;
  std::unique_ptr<HeadMixer> mixer;
  at::Tensor x, q, k, v;
  double scale = 1;
};

TEST_P(Variant, ShapesAndRange) {
  const HeadOut r = mix();
  EXPECT_EQ(r.out_BHTK.sizes(), (at::IntArrayRef{B, H, T, K}));
  EXPECT_EQ(r.gate_BHT.sizes(), (at::IntArrayRef{B, H, T}));
  EXPECT_GE(r.gate_BHT.min().item<double>(), 0);
  EXPECT_LE(r.gate_BHT.max().item<double>(), 1);
  EXPECT_TRUE(r.out_BHTK.isfinite().all().item<bool>());
}

// The softmax's mass on real keys, seen from outside: values of 1 are averaged with the weights, so
// that what comes out is the mass itself, times the gate where that is a factor of its own. (An
// elementwise gate is a factor per channel, and their mean is the gate.)
TEST_P(Variant, KeyMassIsWhatValuesOfOneGive) {
  const at::NoGradGuard guard;
  v.fill_(1);
  const HeadOut r = mix();
  at::Tensor expected = at::ones({B, H, T}, at::kDouble);
  if (r.key_mass.mass_BHT.defined()) expected = r.key_mass.mass_BHT;
  if (mixer->gate_multiplies()) expected = expected * r.gate_BHT;
  EXPECT_LE(error(r.out_BHTK.mean(-1), expected), 1e-12);
}

// `plan` counts parameters from the declaration, before anything is made.
TEST_P(Variant, HasTheParametersItDeclares) {
  const std::vector<config::VariantParam> declared = config::variant_parameters(config);
  int64_t count = 0;
  for (const config::VariantParam& param : declared) count += param.count();
  EXPECT_EQ(count, params.count());
  EXPECT_EQ(declared.size(), params.entries().size());
}

// Token t of the outputs depends on no token behind t, and on all tokens up to
// t through some input.
TEST_P(Variant, IsCausal) {
  constexpr int64_t t = 4;
  const HeadOut r = mix();
  at::Tensor loss = (r.out_BHTK.select(2, t) * r.out_BHTK.select(2, t)).sum();
  if (r.gate_BHT.requires_grad()) loss = loss + r.gate_BHT.select(2, t).sum();
  const auto gradients = torch::autograd::grad({loss}, {x, q, k, v}, {}, std::nullopt, false, true);
  for (size_t i = 0; i < gradients.size(); ++i) {
    if (!gradients[i].defined()) continue;
    const int64_t tokens = i == 0 ? 1 : 2;
    EXPECT_EQ(gradients[i].slice(tokens, t + 1).abs().max().item<double>(), 0) << "input " << i;
    EXPECT_GT(gradients[i].select(tokens, t).abs().max().item<double>(), 0) << "input " << i;
  }
  EXPECT_GT(gradients[3].select(2, 1).abs().max().item<double>(), 0);
}

// Every gradient, parameters' too, against central differences of a loss on out and gate.
TEST_P(Variant, GradientsAreExact) {
  const at::Tensor d_out = at::linspace(-1, 1, B * H * T * K, at::kDouble).view({B, H, T, K}).sin();
  const at::Tensor d_gate = at::linspace(-3, 5, B * H * T, at::kDouble).view({B, H, T}).cos();
  const auto loss = [&] {
    const HeadOut r = mix();
    return (r.out_BHTK * d_out).sum() + (r.gate_BHT * d_gate).sum();
  };
  std::vector<at::Tensor> inputs{q, k, v};
  for (const tensor::ParamSet::Entry& entry : params.entries()) inputs.push_back(entry.value);
  const auto gradients = torch::autograd::grad({loss()}, inputs);
  const at::NoGradGuard guard;
  for (size_t i = 0; i < inputs.size(); ++i) {
    // A few coordinates of each: the last, the first, and one between.
    for (const int64_t at_entry : {int64_t{0}, inputs[i].numel() / 2, inputs[i].numel() - 1}) {
      double& entry = inputs[i].data_ptr<double>()[at_entry];
      const double before = entry, step = 1e-5;
      entry = before + step;
      const double up = loss().item<double>();
      entry = before - step;
      const double down = loss().item<double>();
      entry = before;
      const at::Tensor in_order = at::empty_like(inputs[i]).copy_(gradients[i]);
      EXPECT_NEAR(in_order.data_ptr<double>()[at_entry], (up - down) / (2 * step), 1e-8)
          << "input " << i;
    }
  }
}

TEST_P(Variant, AddsParametersUnderItsPrefix) {
  for (const tensor::ParamSet::Entry& entry : params.entries())
    EXPECT_EQ(entry.spec.name.rfind("model.layers.0.self_attn.", 0), 0u) << entry.spec.name;
}

std::string label(const ::testing::TestParamInfo<Setting>& info) {
  return info.param.kind + (info.param.choice.empty() ? "" : "_" + info.param.choice);
}
INSTANTIATE_TEST_SUITE_P(All, Variant, ::testing::ValuesIn(settings()), label);

TEST(Variants, NamesAreTheirFileNames) {
  std::set<std::string> files, names;
  for (const auto& file :
       std::filesystem::directory_iterator(source_dir() / "src/attention/variants"))
    files.insert(file.path().stem());
  for (const auto& [name, kind] : Registry<config::VariantKind>::all()) {
    names.insert(name);
    EXPECT_FALSE(kind.help.empty()) << name;
  }
  EXPECT_EQ(files, names);
}

// out = gate * attention over the keys that are not the sink (E4), plus the
// first value for vanilla.
TEST(Variants, GateIdentity) {
  const Inputs in = make_inputs({.B = 1, .H = 2, .J = 2, .T = 12});
  const at::Tensor sink = at::tensor({0.5, -0.5}, at::kDouble);
  const AttentionOut plain = softmax_attention(in.q, in.k, in.v, in.scale, SinkMode::none);
  const AttentionOut with_sink =
      softmax_attention(in.q, in.k, in.v, in.scale, SinkMode::logit, sink);
  EXPECT_LE(error(with_sink.out_BHTK, with_sink.gate_BHT.unsqueeze(-1) * plain.out_BHTK), 1e-14);
  const AttentionOut rest = softmax_attention(in.q.slice(2, 1), in.k.slice(2, 1), in.v.slice(2, 1),
                                              in.scale, SinkMode::none);
  const AttentionOut vanilla = softmax_attention(in.q, in.k, in.v, in.scale, SinkMode::first_key);
  const at::Tensor gate = vanilla.gate_BHT.slice(2, 1).unsqueeze(-1);
  EXPECT_LE(
      error(vanilla.out_BHTK.slice(2, 1), gate * rest.out_BHTK + (1 - gate) * in.v.slice(2, 0, 1)),
      1e-14);
  EXPECT_LE(error(vanilla.out_BHTK, plain.out_BHTK), 1e-14);
}

TEST(Variants, SinkLogitsAreNotDecayed) {
  tensor::ParamSet params;
  config::RunConfig config;
  config.attention.kind = "sink";
  config.attention.options.set("sink", "init", -1.5);
  const auto mixer = make_mixer(config, params, "a.", 0);
  params.materialise(0, at::kCPU);
  ASSERT_EQ(params.entries().size(), 1u);
  EXPECT_EQ(params.entries()[0].spec.name, "a.sinks");
  EXPECT_EQ(params.decayed(), 0);
  EXPECT_TRUE(at::equal(params.entries()[0].value, at::full({config.model.heads}, -1.5f)));
}

}  // namespace
}  // namespace sinkmoe::attention
