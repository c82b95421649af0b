// A family of pretrained models is one file in pretrained/families/ with one Registration<Family>.
// It turns a config.json into an Architecture. Its name is the config's `model_type`. The functions
// below are shared by most families.
#pragma once

#include <functional>
#include <string>

#include "core/json/reader.h"
#include "core/registry.h"
#include "pretrained/architecture.h"
#include "pretrained/config/rotary.h"

namespace sinkmoe::pretrained {

struct Family {
  static constexpr const char* kind = "family";
  std::string name, help;
  std::function<Architecture(JsonReader&)> read;
};

// Accepts keys of training, generation and bookkeeping, on which no forward pass depends.
void ignore_common(JsonReader& config);

// Reads sizes, epsilon and activation under the names of LLaMA's config, and `bos`. K is `head_dim`
// or C / H.
struct SizeDefaults {
  double eps = 1e-6;
  int64_t head_width = 0;  // 0: C / H
  bool tied = false;
  const char* activation_key = "hidden_act";  // nullptr: the family reads it
};
Architecture read_sizes(JsonReader& config, const SizeDefaults& defaults = {});
// At most 1000.
int64_t read_layers(JsonReader& config, const std::string& key = "num_hidden_layers");
Activation read_activation(JsonReader& config, const std::string& key,
                           const std::string& otherwise = "silu");

// The number of keys that a query sees, per layer, from `layer_types` (full_attention or
// sliding_attention); 0: all. Without `layer_types` all layers have `otherwise`.
std::vector<int64_t> read_windows(JsonReader& config, int64_t layers, int64_t window,
                                  int64_t otherwise);
// Qwen's form: `use_sliding_window` with windows from layer `max_window_layers` on, or
// `layer_types`.
std::vector<int64_t> read_upper_windows(JsonReader& config, const Architecture& a);

// Layers with LLaMA's tensor names.
struct LlamaForm {
  bool qkv_bias = false, out_bias = false, feed_bias = false;
  bool head_norms = false;   // self_attn.q_norm, k_norm: [K], or [H K] with norm_all_heads
  bool norms_after = false;  // after the branches instead of before them (OLMo 2)
  bool four_norms = false;   // before and after them (Gemma 3)
};
Layer llama_layer(const Architecture& a, int64_t index, const LlamaForm& form);
// Adds all layers, embedding, final norm and output matrix. Layers see all keys and use rotary[0].
void add_llama_tensors(Architecture& a, const LlamaForm& form);

Linear linear(const std::string& name, int64_t out, int64_t in, bool bias);
Norm rms(const std::string& name, int64_t width);         // a weight only
Norm layer_norm(const std::string& name, int64_t width);  // weight and bias

}  // namespace sinkmoe::pretrained
