// Qwen 2 and 2.5: LLaMA with biases on queries, keys and values.
#include "pretrained/config/family.h"

namespace sinkmoe::pretrained {

namespace {

Architecture read(JsonReader& config) {
  Architecture a = read_sizes(config);
  a.rotary = {read_rotary(config, a.head_width, {.max_positions = a.max_positions})};
  add_llama_tensors(a, {.qkv_bias = true});
  const std::vector<int64_t> windows = read_upper_windows(config, a);
  for (size_t i = 0; i < windows.size(); ++i) a.layers[i].window = windows[i];
  return a;
}

const Registration<Family> registration{
    {.name = "qwen2", .help = "Qwen 2 and 2.5: biases on q, k, v", .read = read}};

}  // namespace

}  // namespace sinkmoe::pretrained
