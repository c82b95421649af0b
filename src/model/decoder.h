// The decoder language model: pre-norm blocks around a HeadMixer. Nothing here depends on the
// variant.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <vector>

#include "attention/mixer.h"
#include "model/ops/ops.h"

namespace sinkmoe::model {

// Called for each layer during a forward pass, in order, with inputs and outputs of its heads.
using HeadProbe =
    std::function<void(int64_t layer, const attention::HeadIn&, const attention::HeadOut&)>;

// Replaces a layer's values [B,J,T,K] before the heads mix them.
using ValueEdit = std::function<at::Tensor(int64_t layer, const at::Tensor& v_BJTK)>;

// Replaces what a layer's heads put out [B,H,T,K], before any mask.
using OutputEdit =
    std::function<at::Tensor(int64_t layer, const attention::HeadIn&, const attention::HeadOut&)>;

// Activations that can be observed or replaced. All except `residual` are inputs of a linear map.
enum class Site {
  residual,      // the residual stream after a layer; layer -1: after the embedding
  attention_in,  // normed; input of queries, keys, values and explicit gates
  heads,         // concatenated heads; input of W_O
  feed_in,       // normed; input of the feed-forward layer
  feed_hidden,   // its hidden channels
  unembed_in,    // after the final norm; input of the output matrix; layer = layers
};
using ActivationEdit = std::function<at::Tensor(Site, int64_t layer, const at::Tensor& x_BTC)>;

// A low-rank map that is added to a projection on the activation path: y += scale (x A^T) B^T.
// Undefined: none.
struct LowRank {
  at::Tensor A_RI, B_OR;
};
// One for each projection of a layer.
struct LayerAdapters {
  LowRank q, k, v, o;
};

struct ForwardOptions {
  const HeadProbe* probe = nullptr;
  at::Tensor head_mask_LH;  // multiplies head outputs (ablation); undefined: all ones
  const ValueEdit* edit_values = nullptr;
  const OutputEdit* edit_outputs = nullptr;
  const ActivationEdit* edit_activations = nullptr;
  // Starts at this layer from the residual stream x [B,T,C] before it, as an earlier pass over the
  // same rows left it at Site::residual. Undefined: from the embedding.
  int64_t first_layer = 0;
  at::Tensor before_first_BTC;
};

struct DecoderOut {
  at::Tensor hidden_NC;  // after the final norm; logits = hidden W^T with output_weight()
  std::vector<at::Tensor> gates_BHT;  // one per computed layer, differentiable
};

class Decoder {
 public:
  // Declares every parameter and draws initial values from config.train.seed, on `device`. fp64 is
  // for tests.
  Decoder(const config::RunConfig& config, int64_t vocabulary, at::Device device,
          at::ScalarType dtype = at::kFloat);

  // ids [B,T] int64 with T <= data.context.
  DecoderOut forward(const at::Tensor& ids_BT, const ForwardOptions& options = {}) const;
  const at::Tensor& output_weight_VC() const;

  tensor::ParamSet& params() { return params_; }
  const tensor::ParamSet& params() const { return params_; }
  const config::RunConfig& config() const { return config_; }
  int64_t vocabulary() const { return vocabulary_; }
  int64_t key_value_heads() const;
  // For probes: the mixer of a layer, and its W_O [C, C] (column h K + k is channel k of head h).
  const attention::HeadMixer& mixer(int64_t layer) const;
  const at::Tensor& out_weight_CC(int64_t layer) const;
  // Adapters of every layer that forward() adds from now on; empty: none.
  void set_adapters(std::vector<LayerAdapters> adapters, double scale);

 private:
  struct Layer {
    const at::Tensor *attention_norm, *qkv, *q_norm = nullptr, *k_norm = nullptr, *out, *feed_norm,
                                            *up, *down;
    std::unique_ptr<attention::HeadMixer> mixer;
  };
  void declare_layer(int64_t index);
  at::Tensor embedded(const at::Tensor& ids_BT, const ForwardOptions& options) const;
  HeadsQKV heads(int64_t index, const at::Tensor& x_BTC, const RotaryTable& rotary) const;
  at::Tensor low_rank(const LowRank& map, const at::Tensor& x_BTI) const;
  at::Tensor attend(int64_t index, const at::Tensor& x_BTC, const RotaryTable& rotary,
                    const ForwardOptions& options, DecoderOut& out) const;
  at::Tensor layer(int64_t index, const at::Tensor& x_BTC, const RotaryTable& rotary,
                   const ForwardOptions& options, DecoderOut& out) const;
  at::Tensor recomputed_layer(int64_t index, const at::Tensor& x_BTC, const RotaryTable& rotary,
                              DecoderOut& out) const;

  config::RunConfig config_;
  int64_t vocabulary_;
  tensor::ParamSet params_;
  const at::Tensor *embedding_, *positions_ = nullptr, *final_norm_, *unembedding_ = nullptr;
  std::vector<Layer> layers_;
  std::vector<LayerAdapters> adapters_;
  double adapter_scale_ = 0;
  RotaryTable rotary_;
  at::ScalarType compute_;  // dtype of activations
};

}  // namespace sinkmoe::model
