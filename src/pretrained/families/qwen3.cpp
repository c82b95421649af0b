// Qwen 3 (dense): queries and keys are normed per head; K is 128, independent of C / H.
#include "pretrained/config/family.h"

namespace sinkmoe::pretrained {

namespace {

Architecture read(JsonReader& config) {
  Architecture a = read_sizes(config, {.head_width = 128});
  a.rotary = {read_rotary(config, a.head_width, {.max_positions = a.max_positions})};
  const bool bias = config.boolean("attention_bias", false);
  add_llama_tensors(a, {.qkv_bias = bias, .out_bias = bias, .head_norms = true});
  const std::vector<int64_t> windows = read_upper_windows(config, a);
  for (size_t i = 0; i < windows.size(); ++i) a.layers[i].window = windows[i];
  return a;
}

const Registration<Family> registration{
    {.name = "qwen3", .help = "Qwen 3, dense: QK-norm of each head", .read = read}};

}  // namespace

}  // namespace sinkmoe::pretrained
