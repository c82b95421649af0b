// Qwen3-Next: three of four layers with linear attention, an elementwise gate on the heads of the
// others, many small experts and one for every token.
#include "pretrained/config/family.h"

namespace sinkmoe::pretrained {

namespace {

constexpr int64_t kMostExperts = 200000;  // in all layers together

// True for each layer with linear attention.
std::vector<bool> read_kinds(JsonReader& config, size_t layers) {
  const std::vector<std::string> kinds = config.texts("layer_types");
  const int64_t interval = config.integer("full_attention_interval", 4);
  std::vector<bool> linear;
  for (size_t i = 0; i < layers && kinds.empty(); ++i)
    linear.push_back(static_cast<int64_t>(i + 1) % interval != 0);
  for (const std::string& kind : kinds) {
    if (kind != "linear_attention" && kind != "full_attention")
      config.refuse("layer_types", "holds '" + kind + "'",
                    "known: full_attention, linear_attention");
    linear.push_back(kind == "linear_attention");
  }
  if (linear.size() != layers)
    config.refuse("layer_types", "has another number of entries than there are layers");
  return linear;
}

// True for each layer with experts.
std::vector<bool> read_sparse(JsonReader& config, size_t layers, int64_t experts) {
  const int64_t step = config.integer("decoder_sparse_step", 1);
  std::vector<bool> sparse;
  for (size_t i = 0; i < layers; ++i)
    sparse.push_back(experts > 0 && static_cast<int64_t>(i + 1) % step == 0);
  if (const nlohmann::json* dense = config.value("mlp_only_layers"))
    for (const nlohmann::json& layer : *dense) {
      if (!layer.is_number_unsigned() || layer.get<uint64_t>() >= layers)
        config.refuse("mlp_only_layers", "is not a list of layers");
      sparse[layer.get<size_t>()] = false;
    }
  return sparse;
}

DeltaNet read_delta(JsonReader& config) {
  DeltaNet d{.key_heads = config.integer("linear_num_key_heads", 16),
             .value_heads = config.integer("linear_num_value_heads", 32),
             .key_width = config.integer("linear_key_head_dim", 128),
             .value_width = config.integer("linear_value_head_dim", 128),
             .kernel = config.integer("linear_conv_kernel_dim", 4)};
  if (d.value_heads % d.key_heads != 0)
    config.refuse("linear_num_key_heads", "does not divide 'linear_num_value_heads'");
  if (d.kernel > 64) config.refuse("linear_conv_kernel_dim", "is above 64");
  return d;
}

void name_delta(DeltaNet& d, const Architecture& a, const std::string& prefix) {
  const int64_t keys = d.key_heads * d.key_width, values = d.value_heads * d.value_width;
  d.in = linear(prefix + "in_proj_qkvz", 2 * keys + 2 * values, a.width, false);
  d.rates = linear(prefix + "in_proj_ba", 2 * d.value_heads, a.width, false);
  d.convolution = {.name = prefix + "conv1d.weight", .shape = {2 * keys + values, 1, d.kernel}};
  d.log_decay = {.name = prefix + "A_log", .shape = {d.value_heads}};
  d.step_bias = {.name = prefix + "dt_bias", .shape = {d.value_heads}};
  d.norm = {.name = prefix + "norm.weight", .shape = {d.value_width}};
  d.out = linear(prefix + "out_proj", a.width, values, false);
}

// The rows of the query matrix are, head by head, those of the query and those of the gate.
void split_query(Layer& l, const Architecture& a) {
  l.head_gate = l.query;
  for (const auto& [map, part] : {std::pair(&l.query, 0), std::pair(&l.head_gate, 1)})
    for (TensorRef* ref : {&map->weight, &map->bias}) {
      if (!ref->exists()) continue;
      ref->shape[0] = 2 * a.heads * a.head_width;
      ref->groups = a.heads;
      ref->parts = 2;
      ref->part = part;
    }
}

GatedFeed feed(const std::string& prefix, int64_t width, int64_t inside) {
  return {.gate = linear(prefix + "gate_proj", inside, width, false),
          .up = linear(prefix + "up_proj", inside, width, false),
          .down = linear(prefix + "down_proj", width, inside, false)};
}

void name_experts(Layer& l, const Architecture& a, const Experts& common, int64_t shared_width,
                  const std::string& prefix) {
  l.gate = l.up = l.down = {};
  l.experts = common;
  l.experts.router = linear(prefix + "gate", common.count, a.width, false);
  for (int64_t e = 0; e < common.count; ++e)
    l.experts.each.push_back(
        feed(prefix + "experts." + std::to_string(e) + ".", a.width, common.width));
  l.experts.shared = feed(prefix + "shared_expert.", a.width, shared_width);
  l.experts.shared_gate = linear(prefix + "shared_expert_gate", 1, a.width, false);
}

Architecture read(JsonReader& config) {
  Architecture a = read_sizes(config, {.head_width = 256});
  a.norm = NormKind::rms_plus_one;
  a.rotary = {read_rotary(config, a.head_width, {.share = 0.25, .max_positions = a.max_positions})};
  const bool bias = config.boolean("attention_bias", false);
  add_llama_tensors(a, {.qkv_bias = bias, .out_bias = bias, .head_norms = true});
  const Experts common{.count = config.integer("num_experts", 512, 0),
                       .used = config.integer("num_experts_per_tok", 10),
                       .width = config.integer("moe_intermediate_size", 512),
                       .over_chosen = config.boolean("norm_topk_prob", true)};
  const int64_t shared_width = config.integer("shared_expert_intermediate_size", 512);
  config.ignore({"output_router_logits", "router_aux_loss_coef", "use_sliding_window"});
  if (common.count > 0 && common.used > common.count)
    config.refuse("num_experts_per_tok", "is above 'num_experts'");
  if (common.count * static_cast<int64_t>(a.layers.size()) > kMostExperts)
    config.refuse("num_experts", "is above " + std::to_string(kMostExperts) + " in all layers");
  if (a.activation != Activation::silu) config.refuse("hidden_act", "is not silu");
  const std::vector<bool> without_softmax = read_kinds(config, a.layers.size()),
                          sparse = read_sparse(config, a.layers.size(), common.count);
  const DeltaNet delta = read_delta(config);
  for (size_t i = 0; i < a.layers.size(); ++i) {
    Layer& l = a.layers[i];
    const std::string prefix = "model.layers." + std::to_string(i) + ".";
    if (without_softmax[i]) {
      l.query = l.key = l.value = l.out = {};
      l.query_norm = l.key_norm = {};
      l.rotary = -1;
      l.delta = delta;
      name_delta(l.delta, a, prefix + "linear_attn.");
    } else {
      split_query(l, a);
    }
    if (sparse[i]) name_experts(l, a, common, shared_width, prefix + "mlp.");
  }
  a.other_parts = {"mtp."};  // predicts further tokens
  return a;
}

const Registration<Family> registration{
    {.name = "qwen3_next",
     .help = "Qwen3-Next: linear attention, gated heads, experts",
     .read = read}};

}  // namespace

}  // namespace sinkmoe::pretrained
