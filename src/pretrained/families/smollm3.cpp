// SmolLM3: LLaMA in which some layers (every fourth) have no rotary positions.
#include "pretrained/config/family.h"

namespace sinkmoe::pretrained {

namespace {

Architecture read(JsonReader& config) {
  Architecture a = read_sizes(config, {.tied = true});
  a.rotary = {read_rotary(config, a.head_width, {.base = 2e6, .max_positions = a.max_positions})};
  const bool bias = config.boolean("attention_bias", false);
  add_llama_tensors(
      a, {.qkv_bias = bias, .out_bias = bias, .feed_bias = config.boolean("mlp_bias", false)});
  const auto layers = static_cast<int64_t>(a.layers.size());
  // 1 means that the layer rotates, in spite of the key's name.
  std::vector<bool> rotates = config.booleans("no_rope_layers");
  const int64_t interval = config.integer("no_rope_layer_interval", 4);
  if (rotates.empty())
    for (int64_t i = 0; i < layers; ++i) rotates.push_back((i + 1) % interval != 0);
  if (rotates.size() < a.layers.size())
    config.refuse("no_rope_layers", "has fewer entries than there are layers");
  const int64_t stated = config.integer("sliding_window", 0, 0);
  const int64_t window = config.boolean("use_sliding_window", false) ? stated : 0;
  const std::vector<int64_t> windows = read_windows(config, layers, window, 0);
  const bool kinds = config.has("layer_types");
  for (size_t i = 0; i < a.layers.size(); ++i) {
    a.layers[i].rotary = rotates[i] ? 0 : -1;
    a.layers[i].window = kinds ? windows[i] : rotates[i] ? 0 : window;
  }
  return a;
}

const Registration<Family> registration{
    {.name = "smollm3", .help = "SmolLM3: some layers without positions", .read = read}};

}  // namespace

}  // namespace sinkmoe::pretrained
