// Gemma 3, text only: norms before and after each branch, with weights stored minus 1; windows in
// five of six layers, with a rotary base of their own; scaled embeddings.
#include <cmath>

#include "pretrained/config/family.h"

namespace sinkmoe::pretrained {

namespace {

constexpr double kGlobalBase = 1e6, kLocalBase = 1e4;

// {for layers that see all keys, for layers with a window}
std::vector<Rotary> read_two_rotaries(JsonReader& config, const Architecture& a) {
  const RotaryDefaults global{.base = kGlobalBase, .max_positions = a.max_positions},
      local{.base = kLocalBase, .max_positions = a.max_positions};
  if (config.has("rope_parameters")) {
    JsonReader both = config.object("rope_parameters");
    std::vector<Rotary> out = {
        read_rotary_parameters(both.object("full_attention"), a.head_width, global),
        read_rotary_parameters(both.object("sliding_attention"), a.head_width, local)};
    both.finish();
    return out;
  }
  Rotary wide = read_rotary(config, a.head_width, global);
  const double base = config.number("rope_local_base_freq", kLocalBase);
  const nlohmann::json narrow = {{"rope_theta", base}};
  return {std::move(wide), read_rotary_parameters({narrow, config.where()}, a.head_width, local)};
}

Architecture read(JsonReader& config) {
  Architecture a =
      read_sizes(config, {.head_width = 256, .tied = true, .activation_key = "hidden_activation"});
  a.norm = NormKind::rms_plus_one;
  a.embedding_scale = std::sqrt(static_cast<double>(a.width));
  a.score_scale = 1 / std::sqrt(static_cast<double>(config.integer("query_pre_attn_scalar", 256)));
  a.rotary = read_two_rotaries(config, a);
  const bool bias = config.boolean("attention_bias", false);
  add_llama_tensors(a,
                    {.qkv_bias = bias, .out_bias = bias, .head_norms = true, .four_norms = true});
  config.only("final_logit_softcapping", nullptr);
  config.only("attn_logit_softcapping", nullptr);
  config.only("use_bidirectional_attention", false);
  const auto layers = static_cast<int64_t>(a.layers.size());
  const int64_t window = config.integer("sliding_window", 4096),
                pattern = config.integer("sliding_window_pattern",
                                         config.integer("_sliding_window_pattern", 6));
  std::vector<int64_t> windows = read_windows(config, layers, window, window);
  if (!config.has("layer_types"))
    for (int64_t i = pattern - 1; i < layers; i += pattern) windows[static_cast<size_t>(i)] = 0;
  for (size_t i = 0; i < windows.size(); ++i) {
    a.layers[i].window = windows[i];
    a.layers[i].rotary = windows[i] > 0 ? 1 : 0;
  }
  return a;
}

const Registration<Family> registration{
    {.name = "gemma3_text", .help = "Gemma 3, text only: four norms, windows", .read = read}};

}  // namespace

}  // namespace sinkmoe::pretrained
