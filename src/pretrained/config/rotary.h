// Reads rotary frequencies from config.json, in the form before transformers 5 (rope_theta and
// rope_scaling) or the form since (rope_parameters).
#pragma once

#include "core/json/reader.h"
#include "pretrained/architecture.h"

namespace sinkmoe::pretrained {

struct RotaryDefaults {
  double base = 10000;
  double share = 1;           // fraction of a head's channels that are rotated
  int64_t max_positions = 0;  // max_position_embeddings, for YaRN
};

// Reads either form. Kinds: default, linear, llama3, yarn. Throws Error: an unknown
// kind or key, both forms with different values.
Rotary read_rotary(JsonReader& config, int64_t head_width, const RotaryDefaults& defaults);

// Reads one object of the newer form (for configs with one object per kind of layer).
Rotary read_rotary_parameters(JsonReader parameters, int64_t head_width,
                              const RotaryDefaults& defaults);

}  // namespace sinkmoe::pretrained
