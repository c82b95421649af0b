// GPT-NeoX and Pythia: LayerNorm, both branches read the layer's input, only part of the channels
// is rotated, q, k and v of each head are stored together.
#include <cmath>

#include "pretrained/config/family.h"

namespace sinkmoe::pretrained {

namespace {

// Part 0, 1 or 2 (q, k, v) of rows numbered [head, part, channel].
Linear of_heads(const std::string& name, const Architecture& a, int64_t part, bool bias) {
  Linear l = linear(name, 3 * a.width, a.width, bias);
  for (TensorRef* ref : {&l.weight, &l.bias}) {
    ref->groups = a.heads;
    ref->parts = 3;
    ref->part = part;
  }
  return l;
}

Layer layer(const Architecture& a, int64_t index, bool bias) {
  const std::string prefix = "gpt_neox.layers." + std::to_string(index) + ".";
  const std::string qkv = prefix + "attention.query_key_value";
  return {.attention_norm = layer_norm(prefix + "input_layernorm", a.width),
          .feed_norm = layer_norm(prefix + "post_attention_layernorm", a.width),
          .query = of_heads(qkv, a, 0, bias),
          .key = of_heads(qkv, a, 1, bias),
          .value = of_heads(qkv, a, 2, bias),
          .out = linear(prefix + "attention.dense", a.width, a.width, bias),
          .up = linear(prefix + "mlp.dense_h_to_4h", a.feed, a.width, true),
          .down = linear(prefix + "mlp.dense_4h_to_h", a.width, a.feed, true)};
}

Architecture read(JsonReader& config) {
  Architecture a;
  a.width = config.integer("hidden_size");
  a.heads = a.kv_heads = config.integer("num_attention_heads");
  if (a.width % a.heads != 0) config.refuse("num_attention_heads", "does not divide 'hidden_size'");
  a.head_width = a.width / a.heads;
  a.feed = config.integer("intermediate_size");
  a.vocabulary = config.integer("vocab_size");
  a.max_positions = config.integer("max_position_embeddings");
  a.norm = NormKind::layer;
  a.norm_eps = config.number("layer_norm_eps", 1e-5);
  a.activation = read_activation(config, "hidden_act", "gelu");
  a.parallel = config.boolean("use_parallel_residual", true);
  a.tied = config.boolean("tie_word_embeddings", false);
  a.bos = config.integer("bos_token_id", -1, 0);
  a.score_scale = 1 / std::sqrt(static_cast<double>(a.head_width));
  a.rotary = {read_rotary(config, a.head_width,
                          {.base = config.number("rotary_emb_base", 10000),
                           .share = config.number("rotary_pct", 0.25),
                           .max_positions = a.max_positions})};
  const bool bias = config.boolean("attention_bias", true);
  const int64_t layers = read_layers(config);
  for (int64_t i = 0; i < layers; ++i) a.layers.push_back(layer(a, i, bias));
  a.prefix = "gpt_neox.";
  a.embedding = {.name = "gpt_neox.embed_in.weight", .shape = {a.vocabulary, a.width}};
  a.final_norm = layer_norm("gpt_neox.final_layer_norm", a.width);
  a.unembedding = linear("lm_head", a.vocabulary, a.width, false);
  a.unembedding.weight.older_name = "embed_out.weight";
  if (a.tied) a.unembedding.weight = a.embedding;
  a.derived = {".attention.bias", ".attention.masked_bias", ".rotary_emb.inv_freq"};
  return a;
}

const Registration<Family> registration{
    {.name = "gpt_neox", .help = "GPT-NeoX, Pythia: parallel branches", .read = read}};

}  // namespace

}  // namespace sinkmoe::pretrained
