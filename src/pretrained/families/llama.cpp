// LLaMA 2 and 3, SmolLM2, TinyLlama and other models with model_type "llama".
#include "pretrained/config/family.h"

namespace sinkmoe::pretrained {

namespace {

Architecture read(JsonReader& config) {
  Architecture a = read_sizes(config);
  a.rotary = {read_rotary(config, a.head_width, {.max_positions = a.max_positions})};
  const bool bias = config.boolean("attention_bias", false);
  add_llama_tensors(
      a, {.qkv_bias = bias, .out_bias = bias, .feed_bias = config.boolean("mlp_bias", false)});
  return a;
}

const Registration<Family> registration{
    {.name = "llama", .help = "LLaMA 2 and 3, SmolLM2, TinyLlama", .read = read}};

}  // namespace

}  // namespace sinkmoe::pretrained
