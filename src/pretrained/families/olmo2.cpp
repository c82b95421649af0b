// OLMo 2: norms after the branches, queries and keys normed over all heads together.
#include "pretrained/config/family.h"

namespace sinkmoe::pretrained {

namespace {

Architecture read(JsonReader& config) {
  Architecture a = read_sizes(config, {.eps = 1e-5});
  a.rotary = {read_rotary(config, a.head_width, {.max_positions = a.max_positions})};
  a.norm_all_heads = true;
  const bool bias = config.boolean("attention_bias", false);
  add_llama_tensors(a,
                    {.qkv_bias = bias, .out_bias = bias, .head_norms = true, .norms_after = true});
  return a;
}

const Registration<Family> registration{
    {.name = "olmo2", .help = "OLMo 2: norms after the branches", .read = read}};

}  // namespace

}  // namespace sinkmoe::pretrained
