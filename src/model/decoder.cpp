#include "model/decoder.h"

#include <ATen/ATen.h>

#include <cmath>
#include <string>

#include "model/recompute.h"

namespace sinkmoe::model {

namespace {

tensor::ParamSpec matrix(std::string name, int64_t rows, int64_t columns, double std) {
  return {std::move(name), {rows, columns}, tensor::ParamSpec::Init::normal, std, true};
}

tensor::ParamSpec ones(std::string name, int64_t size) {
  return {std::move(name), {size}, tensor::ParamSpec::Init::constant, 1.0, false};
}

at::Tensor edited(const ForwardOptions& options, Site site, int64_t layer, const at::Tensor& x) {
  return options.edit_activations ? (*options.edit_activations)(site, layer, x) : x;
}

}  // namespace

Decoder::Decoder(const config::RunConfig& config, int64_t vocabulary, at::Device device,
                 at::ScalarType dtype)
    : config_(config), vocabulary_(vocabulary), compute_(dtype) {
  const config::ModelConfig& m = config_.model;
  embedding_ = &params_.add(matrix("model.embed_tokens.weight", vocabulary, m.width, m.init_std));
  if (m.positions == config::Positions::learned)
    positions_ = &params_.add(
        matrix("model.embed_positions.weight", config_.data.context, m.width, m.init_std));
  for (int64_t i = 0; i < m.layers; ++i) declare_layer(i);
  final_norm_ = &params_.add(ones("model.norm.weight", m.width));
  if (!m.tie_embeddings)
    unembedding_ = &params_.add(matrix("lm_head.weight", vocabulary, m.width, m.init_std));
  params_.materialise(static_cast<uint64_t>(config_.train.seed), device, dtype);
  if (m.positions == config::Positions::rotary)
    rotary_ = rotary_table(config_.data.context, m.width / m.heads, m.rotary_base, device);
  if (config_.run.precision == config::Precision::bf16) compute_ = at::kBFloat16;
}

int64_t Decoder::key_value_heads() const {
  return config_.model.kv_heads > 0 ? config_.model.kv_heads : config_.model.heads;
}

// Matrices that write into the residual stream start smaller by a factor sqrt(2 L), so that its
// size does not grow with depth.
void Decoder::declare_layer(int64_t index) {
  const config::ModelConfig& m = config_.model;
  const std::string prefix = "model.layers." + std::to_string(index) + ".",
                    attention = prefix + "self_attn.";
  const int64_t C = m.width, K = C / m.heads,
                F = std::llround(m.mlp_ratio * static_cast<double>(C));
  const double out_std = m.init_std / std::sqrt(2.0 * static_cast<double>(m.layers));
  Layer layer;
  layer.attention_norm = &params_.add(ones(prefix + "input_layernorm.weight", C));
  layer.qkv = &params_.add(
      matrix(attention + "qkv_proj.weight", (m.heads + 2 * key_value_heads()) * K, C, m.init_std));
  if (m.qk_norm) {
    layer.q_norm = &params_.add(ones(attention + "q_norm.weight", K));
    layer.k_norm = &params_.add(ones(attention + "k_norm.weight", K));
  }
  layer.out = &params_.add(matrix(attention + "o_proj.weight", C, C, out_std));
  layer.feed_norm = &params_.add(ones(prefix + "post_attention_layernorm.weight", C));
  const bool gated = m.mlp == config::Mlp::swiglu;
  layer.up =
      &params_.add(matrix(prefix + (gated ? "mlp.gate_up_proj.weight" : "mlp.up_proj.weight"),
                          gated ? 2 * F : F, C, m.init_std));
  layer.down = &params_.add(matrix(prefix + "mlp.down_proj.weight", C, F, out_std));
  layer.mixer = attention::make_mixer(config_, params_, attention, index);
  layers_.push_back(std::move(layer));
}

void Decoder::set_adapters(std::vector<LayerAdapters> adapters, double scale) {
  adapters_ = std::move(adapters);
  adapter_scale_ = scale;
}

at::Tensor Decoder::low_rank(const LowRank& map, const at::Tensor& x_BTI) const {
  const at::ScalarType type = x_BTI.scalar_type();
  return at::linear(at::linear(x_BTI, map.A_RI.to(type)), map.B_OR.to(type)) * adapter_scale_;
}

HeadsQKV Decoder::heads(int64_t index, const at::Tensor& x_BTC, const RotaryTable& rotary) const {
  const Layer& layer = layers_[static_cast<size_t>(index)];
  const int64_t H = config_.model.heads, J = key_value_heads();
  if (!layer.q_norm && adapters_.empty()) return project_heads(x_BTC, *layer.qkv, H, J, rotary);
  HeadsQKV h = project_heads(x_BTC, *layer.qkv, H, J, {});
  if (!adapters_.empty()) {
    const LayerAdapters& adapters = adapters_[static_cast<size_t>(index)];
    const auto add = [&](at::Tensor& heads, const LowRank& map) {
      heads = heads +
              low_rank(map, x_BTC).unflatten(-1, {heads.size(1), heads.size(3)}).transpose(1, 2);
    };
    add(h.q_BHTK, adapters.q);
    add(h.k_BJTK, adapters.k);
    add(h.v_BJTK, adapters.v);
  }
  if (layer.q_norm) {
    h.q_BHTK = rms_norm(h.q_BHTK, *layer.q_norm, config_.model.norm_eps);
    h.k_BJTK = rms_norm(h.k_BJTK, *layer.k_norm, config_.model.norm_eps);
  }
  if (!rotary.cos_TK2.defined()) return h;
  return {rotate_heads(h.q_BHTK, rotary), rotate_heads(h.k_BJTK, rotary), h.v_BJTK};
}

at::Tensor Decoder::attend(int64_t index, const at::Tensor& x_BTC, const RotaryTable& rotary,
                           const ForwardOptions& options, DecoderOut& out) const {
  const Layer& layer = layers_[static_cast<size_t>(index)];
  auto [residual, norm] = branch_norm(x_BTC, *layer.attention_norm, config_.model.norm_eps);
  const at::Tensor normed = edited(options, Site::attention_in, index, norm);
  HeadsQKV h = heads(index, normed, rotary);
  if (options.edit_values) h.v_BJTK = (*options.edit_values)(index, h.v_BJTK);
  const double scale = 1.0 / std::sqrt(static_cast<double>(h.q_BHTK.size(-1)));
  const attention::HeadIn in{normed, h.q_BHTK, h.k_BJTK, h.v_BJTK, scale};
  attention::HeadOut mixed = layer.mixer->mix(in);
  if (options.edit_outputs) mixed.out_BHTK = (*options.edit_outputs)(index, in, mixed);
  if (options.head_mask_LH.defined())
    mixed.out_BHTK =
        mixed.out_BHTK *
        options.head_mask_LH[index].to(mixed.out_BHTK.scalar_type()).view({1, -1, 1, 1});
  if (options.probe) (*options.probe)(index, in, mixed);
  out.gates_BHT.push_back(mixed.gate_BHT);
  const at::Tensor joined = mixed.out_BHTK.transpose(1, 2).reshape(x_BTC.sizes());
  const at::Tensor into_out = edited(options, Site::heads, index, joined);
  const at::Tensor sum = add_linear(residual, into_out, *layer.out);
  return adapters_.empty() ? sum
                           : sum + low_rank(adapters_[static_cast<size_t>(index)].o, into_out);
}

at::Tensor Decoder::embedded(const at::Tensor& ids_BT, const ForwardOptions& options) const {
  at::Tensor x = embed(*embedding_, ids_BT);
  if (positions_) x = x + positions_->narrow(0, 0, ids_BT.size(1));
  return edited(options, Site::residual, -1, x.to(compute_));
}

at::Tensor Decoder::layer(int64_t index, const at::Tensor& x_BTC, const RotaryTable& rotary,
                          const ForwardOptions& options, DecoderOut& out) const {
  const Layer& layer = layers_[static_cast<size_t>(index)];
  const at::Tensor attended = attend(index, x_BTC, rotary, options, out);
  auto [residual, normed] = branch_norm(attended, *layer.feed_norm, config_.model.norm_eps);
  const at::Tensor hidden =
      feed_forward_up(edited(options, Site::feed_in, index, normed), *layer.up, config_.model.mlp);
  const at::Tensor x =
      add_linear(residual, edited(options, Site::feed_hidden, index, hidden), *layer.down);
  return edited(options, Site::residual, index, x);
}

at::Tensor Decoder::recomputed_layer(int64_t index, const at::Tensor& x_BTC,
                                     const RotaryTable& rotary, DecoderOut& out) const {
  const auto [x, gate] = recomputed(
      [this, index, rotary](const at::Tensor& in) {
        const tensor::Bf16Weights bf16(compute_ == at::kBFloat16 ? &params_ : nullptr);
        DecoderOut made;
        const at::Tensor y = layer(index, in, rotary, {}, made);
        return std::pair(y, made.gates_BHT[0]);
      },
      x_BTC);
  out.gates_BHT.push_back(gate);
  return x;
}

DecoderOut Decoder::forward(const at::Tensor& ids_BT, const ForwardOptions& options) const {
  const tensor::Bf16Weights bf16(compute_ == at::kBFloat16 ? &params_ : nullptr);
  const int64_t T = ids_BT.size(1);
  const bool watched = options.probe || options.edit_values || options.edit_outputs ||
                       options.edit_activations || options.head_mask_LH.defined();
  const bool recompute =
      config_.model.recompute == config::Recompute::layer && at::GradMode::is_enabled() && !watched;
  const double eps = config_.model.norm_eps;
  DecoderOut out;
  RotaryTable rotary;
  if (rotary_.cos_TK2.defined())
    rotary = {rotary_.cos_TK2.narrow(0, 0, T), rotary_.sin_TK2.narrow(0, 0, T)};
  at::Tensor x =
      options.before_first_BTC.defined() ? options.before_first_BTC : embedded(ids_BT, options);
  for (int64_t i = options.first_layer; i < config_.model.layers; ++i) {
    x = recompute ? recomputed_layer(i, x, rotary, out) : layer(i, x, rotary, options, out);
  }
  const at::Tensor last = rms_norm(x, *final_norm_, eps);
  out.hidden_NC =
      edited(options, Site::unembed_in, config_.model.layers, last).view({-1, config_.model.width});
  return out;
}

const attention::HeadMixer& Decoder::mixer(int64_t layer) const {
  return *layers_.at(static_cast<size_t>(layer)).mixer;
}

const at::Tensor& Decoder::out_weight_CC(int64_t layer) const {
  return *layers_.at(static_cast<size_t>(layer)).out;
}

const at::Tensor& Decoder::output_weight_VC() const {
  return unembedding_ ? *unembedding_ : *embedding_;
}

}  // namespace sinkmoe::model
