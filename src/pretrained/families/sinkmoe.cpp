// Exported runs of our own (src/pretrained/export) that no other family computes: a learned sink or a
// gate, GELU or squared ReLU, learned positions or none.
#include "pretrained/config/family.h"

namespace sinkmoe::pretrained {

namespace {

void read_feed(JsonReader& config, Architecture& a) {
  const std::string name = config.text("hidden_act");
  if (name == "swiglu") return;  // silu, with a gate
  if (name != "gelu" && name != "relu2")
    config.refuse("hidden_act", "is '" + name + "'", "known: gelu, relu2, swiglu");
  a.activation = name == "gelu" ? Activation::gelu_tanh : Activation::relu2;
  for (Layer& layer : a.layers) layer.gate = {};
}

void read_positions(JsonReader& config, Architecture& a) {
  const std::string kind = config.text("positions");
  const double base = config.number("rotary_base", 10000);
  if (kind == "rotary") {
    const nlohmann::json parameters = {{"rope_theta", base}};
    a.rotary = {read_rotary_parameters({parameters, config.where()}, a.head_width, {})};
    return;
  }
  if (kind != "learned" && kind != "none")
    config.refuse("positions", "is '" + kind + "'", "known: learned, none, rotary");
  for (Layer& layer : a.layers) layer.rotary = -1;
  if (kind == "learned")
    a.positions = {.name = "model.embed_positions.weight", .shape = {a.max_positions, a.width}};
}

void read_attention(JsonReader& config, Architecture& a) {
  const std::string kind = config.text("attention_kind"),
                    form = config.text("gate_form", "headwise");
  const bool bias = config.number("gated_bias", 0) != 0;
  config.ignore({"sink_init"});
  if (kind != "vanilla" && kind != "plain" && kind != "sink" && kind != "gated")
    config.refuse("attention_kind", "is '" + kind + "'", "known: gated, plain, sink, vanilla");
  if (form != "headwise" && form != "elementwise")
    config.refuse("gate_form", "is '" + form + "'", "known: elementwise, headwise");
  const int64_t gates = form == "headwise" ? a.heads : a.heads * a.head_width;
  for (size_t i = 0; i < a.layers.size(); ++i) {
    const std::string attention = "model.layers." + std::to_string(i) + ".self_attn.";
    if (kind == "sink") a.layers[i].sinks = {.name = attention + "sinks", .shape = {a.heads}};
    if (kind == "gated") a.layers[i].head_gate = linear(attention + "g_proj", gates, a.width, bias);
  }
}

Architecture read(JsonReader& config) {
  Architecture a = read_sizes(config, {.eps = 1e-5, .activation_key = nullptr});
  add_llama_tensors(a, {.head_norms = config.boolean("qk_norm", false)});
  read_feed(config, a);
  read_positions(config, a);
  read_attention(config, a);
  return a;
}

const Registration<Family> registration{
    {.name = "sinkmoe", .help = "exported runs: sinks, gates, plain feed-forward", .read = read}};

}  // namespace

}  // namespace sinkmoe::pretrained
