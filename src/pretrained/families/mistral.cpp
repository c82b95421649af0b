// Mistral: LLaMA with an optional window of keys.
#include "pretrained/config/family.h"

namespace sinkmoe::pretrained {

namespace {

Architecture read(JsonReader& config) {
  Architecture a = read_sizes(config);
  a.rotary = {read_rotary(config, a.head_width, {.max_positions = a.max_positions})};
  add_llama_tensors(a, {});
  const int64_t window = config.has("sliding_window") ? config.integer("sliding_window") : 0;
  for (Layer& layer : a.layers) layer.window = window;
  return a;
}

const Registration<Family> registration{
    {.name = "mistral", .help = "Mistral 7B: LLaMA with windows", .read = read}};

}  // namespace

}  // namespace sinkmoe::pretrained
