// GPT-2: learned positions, LayerNorm, matrices stored as [in, out], q, k and v in one matrix.
#include <cmath>

#include "pretrained/config/family.h"

namespace sinkmoe::pretrained {

namespace {

// Part `part` of `parts` of a matrix that is stored as [in, parts * out].
Linear turned(const std::string& name, int64_t out, int64_t in, int64_t part = 0,
              int64_t parts = 1) {
  Linear l = linear(name, parts * out, in, true);
  l.weight.shape = {in, parts * out};
  l.weight.transposed = true;
  l.weight.part = l.bias.part = part;
  l.weight.parts = l.bias.parts = parts;
  return l;
}

Layer layer(const Architecture& a, int64_t index) {
  const std::string prefix = "transformer.h." + std::to_string(index) + ".";
  const int64_t C = a.width;
  return {.attention_norm = layer_norm(prefix + "ln_1", C),
          .feed_norm = layer_norm(prefix + "ln_2", C),
          .query = turned(prefix + "attn.c_attn", C, C, 0, 3),
          .key = turned(prefix + "attn.c_attn", C, C, 1, 3),
          .value = turned(prefix + "attn.c_attn", C, C, 2, 3),
          .out = turned(prefix + "attn.c_proj", C, C),
          .up = turned(prefix + "mlp.c_fc", a.feed, C),
          .down = turned(prefix + "mlp.c_proj", C, a.feed),
          .rotary = -1};
}

Architecture read(JsonReader& config) {
  Architecture a;
  a.width = config.integer("n_embd");
  a.heads = a.kv_heads = config.integer("n_head");
  if (a.width % a.heads != 0) config.refuse("n_head", "does not divide 'n_embd'");
  a.head_width = a.width / a.heads;
  a.feed = config.integer("n_inner", 4 * a.width);
  a.vocabulary = config.integer("vocab_size");
  a.max_positions = config.integer("n_positions");
  a.norm = NormKind::layer;
  a.norm_eps = config.number("layer_norm_epsilon", 1e-5);
  a.activation = read_activation(config, "activation_function", "gelu_new");
  a.tied = config.boolean("tie_word_embeddings", true);
  a.bos = config.integer("bos_token_id", -1, 0);
  a.score_scale = 1 / std::sqrt(static_cast<double>(a.head_width));
  config.only("scale_attn_weights", true);
  config.only("scale_attn_by_inverse_layer_idx", false);
  config.ignore({"n_ctx", "reorder_and_upcast_attn", "summary_activation", "summary_first_dropout",
                 "summary_proj_to_labels", "summary_type", "summary_use_proj"});
  const int64_t layers = read_layers(config, "n_layer");
  for (int64_t i = 0; i < layers; ++i) a.layers.push_back(layer(a, i));
  a.prefix = "transformer.";
  a.embedding = {.name = "transformer.wte.weight", .shape = {a.vocabulary, a.width}};
  a.positions = {.name = "transformer.wpe.weight", .shape = {a.max_positions, a.width}};
  a.final_norm = layer_norm("transformer.ln_f", a.width);
  a.unembedding = linear("lm_head", a.vocabulary, a.width, false);
  if (a.tied) a.unembedding.weight = a.embedding;
  a.derived = {".attn.bias", ".attn.masked_bias"};
  return a;
}

const Registration<Family> registration{
    {.name = "gpt2", .help = "GPT-2: learned positions, LayerNorm", .read = read}};

}  // namespace

}  // namespace sinkmoe::pretrained
