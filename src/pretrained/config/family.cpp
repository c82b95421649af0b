#include "pretrained/config/family.h"

#include <cmath>

#include "core/error.h"

namespace sinkmoe::pretrained {

void ignore_common(JsonReader& config) {
  config.ignore({"_name_or_path",
                 "_attn_implementation_autoset",
                 "architectures",
                 "auto_map",
                 "attention_dropout",
                 "attn_pdrop",
                 "bos_token_id",
                 "classifier_dropout",
                 "dtype",
                 "embd_pdrop",
                 "eos_token_id",
                 "hidden_dropout",
                 "id2label",
                 "initializer_range",
                 "is_llama_config",
                 "label2id",
                 "model_type",
                 "pad_token_id",
                 "pretraining_tp",
                 "resid_pdrop",
                 "task_specific_params",
                 "torch_dtype",
                 "transformers.js_config",
                 "transformers_version",
                 "unsloth_version",
                 "use_cache"});
  // Written by some exporters; other values would mean another model.
  config.only("is_decoder", false);
  config.only("is_encoder_decoder", false);
  config.only("add_cross_attention", false);
  config.only("rope_interleaved", false);
  config.only("output_attentions", false);
  config.only("output_hidden_states", false);
}

Activation read_activation(JsonReader& config, const std::string& key,
                           const std::string& otherwise) {
  const std::string name = config.text(key, otherwise);
  if (name == "silu" || name == "swish") return Activation::silu;
  if (name == "gelu") return Activation::gelu;
  if (name == "gelu_new" || name == "gelu_pytorch_tanh" || name == "gelu_fast")
    return Activation::gelu_tanh;
  if (name == "relu") return Activation::relu;
  if (name == "relu2") return Activation::relu2;
  config.refuse(key, "is '" + name + "'",
                "known: silu, gelu, gelu_new, gelu_pytorch_tanh, relu, relu2");
}

int64_t read_layers(JsonReader& config, const std::string& key) {
  const int64_t layers = config.integer(key);
  if (layers > 1000) config.refuse(key, "is above 1000");
  return layers;
}

Architecture read_sizes(JsonReader& config, const SizeDefaults& defaults) {
  Architecture a;
  a.width = config.integer("hidden_size");
  a.heads = config.integer("num_attention_heads");
  a.kv_heads = config.integer("num_key_value_heads", a.heads);
  if (a.heads % a.kv_heads != 0)
    config.refuse("num_key_value_heads", "does not divide 'num_attention_heads'");
  if (!config.has("head_dim") && defaults.head_width == 0 && a.width % a.heads != 0)
    config.refuse("num_attention_heads",
                  "does not divide 'hidden_size', and 'head_dim' is missing");
  a.head_width =
      config.integer("head_dim", defaults.head_width > 0 ? defaults.head_width : a.width / a.heads);
  a.feed = config.integer("intermediate_size");
  a.vocabulary = config.integer("vocab_size");
  a.max_positions = config.integer("max_position_embeddings");
  a.norm_eps = config.number("rms_norm_eps", defaults.eps);
  if (defaults.activation_key) a.activation = read_activation(config, defaults.activation_key);
  a.tied = config.boolean("tie_word_embeddings", defaults.tied);
  a.bos = config.integer("bos_token_id", -1, 0);
  a.score_scale = 1 / std::sqrt(static_cast<double>(a.head_width));
  a.layers.resize(static_cast<size_t>(read_layers(config)));
  return a;
}

std::vector<int64_t> read_windows(JsonReader& config, int64_t layers, int64_t window,
                                  int64_t otherwise) {
  const std::vector<std::string> kinds = config.texts("layer_types");
  std::vector<int64_t> out(static_cast<size_t>(layers), otherwise);
  if (kinds.empty()) return out;
  if (kinds.size() != out.size())
    config.refuse("layer_types", "has " + std::to_string(kinds.size()) + " entries for " +
                                     std::to_string(layers) + " layers");
  for (size_t i = 0; i < out.size(); ++i) {
    if (kinds[i] != "full_attention" && kinds[i] != "sliding_attention")
      config.refuse("layer_types", "holds '" + kinds[i] + "'",
                    "known: full_attention, sliding_attention");
    out[i] = kinds[i] == "full_attention" ? 0 : window;
    if (kinds[i] == "sliding_attention" && window == 0)
      config.refuse("layer_types", "holds 'sliding_attention', but there is no 'sliding_window'");
  }
  return out;
}

std::vector<int64_t> read_upper_windows(JsonReader& config, const Architecture& a) {
  const auto layers = static_cast<int64_t>(a.layers.size());
  const int64_t stated = config.integer("sliding_window", 0, 0);
  const int64_t window = config.boolean("use_sliding_window", false) ? stated : 0;
  const int64_t first = config.integer("max_window_layers", layers, 0);
  const std::vector<int64_t> by_kind = read_windows(config, layers, window, 0);
  if (config.has("layer_types") || window == 0) return by_kind;
  std::vector<int64_t> out(a.layers.size(), 0);
  for (int64_t i = first; i < layers; ++i) out[static_cast<size_t>(i)] = window;
  return out;
}

Linear linear(const std::string& name, int64_t out, int64_t in, bool bias) {
  Linear l{.weight = {.name = name + ".weight", .shape = {out, in}}};
  if (bias) l.bias = {.name = name + ".bias", .shape = {out}};
  return l;
}

Norm rms(const std::string& name, int64_t width) {
  return {.weight = {.name = name + ".weight", .shape = {width}}};
}

Norm layer_norm(const std::string& name, int64_t width) {
  return {.weight = {.name = name + ".weight", .shape = {width}},
          .bias = {.name = name + ".bias", .shape = {width}}};
}

Layer llama_layer(const Architecture& a, int64_t index, const LlamaForm& form) {
  const std::string prefix = "model.layers." + std::to_string(index) + ".",
                    attention = prefix + "self_attn.", feed = prefix + "mlp.";
  const int64_t C = a.width, H = a.heads, J = a.kv_heads, K = a.head_width;
  Layer l{.query = linear(attention + "q_proj", H * K, C, form.qkv_bias),
          .key = linear(attention + "k_proj", J * K, C, form.qkv_bias),
          .value = linear(attention + "v_proj", J * K, C, form.qkv_bias),
          .out = linear(attention + "o_proj", C, H * K, form.out_bias),
          .gate = linear(feed + "gate_proj", a.feed, C, form.feed_bias),
          .up = linear(feed + "up_proj", a.feed, C, form.feed_bias),
          .down = linear(feed + "down_proj", C, a.feed, form.feed_bias)};
  if (form.four_norms) {
    l.attention_norm = rms(prefix + "input_layernorm", C);
    l.attention_after = rms(prefix + "post_attention_layernorm", C);
    l.feed_norm = rms(prefix + "pre_feedforward_layernorm", C);
    l.feed_after = rms(prefix + "post_feedforward_layernorm", C);
  } else if (form.norms_after) {
    l.attention_after = rms(prefix + "post_attention_layernorm", C);
    l.feed_after = rms(prefix + "post_feedforward_layernorm", C);
  } else {
    l.attention_norm = rms(prefix + "input_layernorm", C);
    l.feed_norm = rms(prefix + "post_attention_layernorm", C);
  }
  if (form.head_norms) {
    l.query_norm = rms(attention + "q_norm", a.norm_all_heads ? H * K : K);
    l.key_norm = rms(attention + "k_norm", a.norm_all_heads ? J * K : K);
  }
  return l;
}

void add_llama_tensors(Architecture& a, const LlamaForm& form) {
  a.prefix = "model.";
  a.embedding = {.name = "model.embed_tokens.weight", .shape = {a.vocabulary, a.width}};
  for (size_t i = 0; i < a.layers.size(); ++i)
    a.layers[i] = llama_layer(a, static_cast<int64_t>(i), form);
  a.final_norm = rms("model.norm", a.width);
  a.unembedding = linear("lm_head", a.vocabulary, a.width, false);
  if (a.tied) a.unembedding.weight = a.embedding;
}

}  // namespace sinkmoe::pretrained
