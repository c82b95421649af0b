// GPT-OSS: learned sinks, windows in every other layer, experts (16-bit, or MXFP4 as published).
#include "pretrained/config/family.h"

namespace sinkmoe::pretrained {

namespace {

struct Size {
  int64_t count, in, out;
};

ExpertMatrices matrices(const std::string& name, const Size& size, bool blocks) {
  const auto [count, in, out] = size;
  ExpertMatrices m{.bias = {.name = name + "_bias", .shape = {count, out}}};
  if (blocks) {
    m.blocks = {.name = name + "_blocks", .shape = {count, out, in / 32, 16}, .bytes = true};
    m.scales = {.name = name + "_scales", .shape = {count, out, in / 32}, .bytes = true};
  } else {
    m.weight = {.name = name, .shape = {count, in, out}};
  }
  return m;
}

void add_experts(Layer& layer, const Architecture& a, const Experts& common,
                 const std::string& prefix, bool blocks) {
  const std::string inside = prefix + "mlp.experts.";
  layer.gate = layer.up = layer.down = {};
  layer.experts = common;
  layer.experts.router = linear(prefix + "mlp.router", common.count, a.width, true);
  layer.experts.gate_up =
      matrices(inside + "gate_up_proj", {common.count, a.width, 2 * a.feed}, blocks);
  layer.experts.down = matrices(inside + "down_proj", {common.count, a.feed, a.width}, blocks);
  layer.sinks = {.name = prefix + "self_attn.sinks", .shape = {a.heads}};
}

// True if the experts' matrices are MXFP4 blocks.
bool read_blocks(JsonReader& config, const Architecture& a) {
  if (!config.has("quantization_config")) return false;
  JsonReader q = config.object("quantization_config");
  if (q.text("quant_method") != "mxfp4")
    q.refuse("quant_method", "is '" + q.text("quant_method") + "'", "known: mxfp4");
  q.ignore({"modules_to_not_convert", "dequantize"});
  q.finish();
  if (a.width % 32 != 0 || a.feed % 32 != 0)
    config.refuse("intermediate_size", "and 'hidden_size' must be multiples of 32 for MXFP4");
  return true;
}

Architecture read(JsonReader& config) {
  Architecture a = read_sizes(config, {.eps = 1e-5, .head_width = 64});
  a.rotary = {
      read_rotary(config, a.head_width, {.base = 150000, .max_positions = a.max_positions})};
  const bool bias = config.boolean("attention_bias", true);
  add_llama_tensors(a, {.qkv_bias = bias, .out_bias = bias});
  const Experts common{
      .count = config.integer("num_local_experts"),
      .used = config.integer("num_experts_per_tok", config.integer("experts_per_token", 4)),
      .width = a.feed,
      .slope = config.number("swiglu_alpha", 1.702),
      .limit = config.number("swiglu_limit", 7)};
  config.ignore({"initial_context_length", "output_router_logits", "router_aux_loss_coef",
                 "experts_per_token"});
  if (common.limit <= 0) config.refuse("swiglu_limit", "must be above 0");
  if (common.used > common.count)
    config.refuse("num_experts_per_tok", "is above 'num_local_experts'");
  const bool blocks = read_blocks(config, a);
  const auto layers = static_cast<int64_t>(a.layers.size());
  const int64_t window = config.integer("sliding_window", 128);
  std::vector<int64_t> windows = read_windows(config, layers, window, window);
  if (!config.has("layer_types"))
    for (size_t i = 1; i < windows.size(); i += 2) windows[i] = 0;
  for (size_t i = 0; i < windows.size(); ++i) {
    a.layers[i].window = windows[i];
    add_experts(a.layers[i], a, common, "model.layers." + std::to_string(i) + ".", blocks);
  }
  return a;
}

const Registration<Family> registration{
    {.name = "gpt_oss", .help = "GPT-OSS: learned sinks, windows, experts", .read = read}};

}  // namespace

}  // namespace sinkmoe::pretrained
