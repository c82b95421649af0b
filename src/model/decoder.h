// The decoder language model: pre-norm blocks around the attention seam. Nothing in it depends on
// the variant.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <vector>

#include "attention/mixer.h"
#include "model/ops.h"

namespace sinkmoe {

// Sees what each layer's heads did, in layer order, during a forward pass.
using HeadProbe = std::function<void(int64_t layer, const HeadIn&, const HeadOut&)>;

struct ForwardOptions {
  const HeadProbe* probe = nullptr;
  at::Tensor head_mask_LH;  // multiplies head outputs (ablation); undefined: all ones
};

struct DecoderOut {
  at::Tensor hidden_NC;  // after the final norm; logits = hidden W^T with output_weight()
  std::vector<at::Tensor> gates_BHT;  // one a layer, differentiable
};

class Decoder {
 public:
  // Declares every parameter and draws initial values from config.train.seed on `device`. fp64 is
  // for tests.
  Decoder(const RunConfig& config, int64_t vocabulary, at::Device device,
          at::ScalarType dtype = at::kFloat);

  // ids [B,T] int64 with T <= data.context.
  DecoderOut forward(const at::Tensor& ids_BT, const ForwardOptions& options = {}) const;
  const at::Tensor& output_weight_VC() const;

  ParamSet& params() { return params_; }
  const ParamSet& params() const { return params_; }
  const RunConfig& config() const { return config_; }
  int64_t vocabulary() const { return vocabulary_; }
  int64_t key_value_heads() const;

 private:
  struct Layer {
    const at::Tensor *attention_norm, *qkv, *q_norm = nullptr, *k_norm = nullptr, *out, *feed_norm,
                                            *up, *down;
    std::unique_ptr<HeadMixer> mixer;
  };
  void declare_layer(int64_t index);
  HeadsQKV heads(const Layer& layer, const at::Tensor& x_BTC, const RotaryTable& rotary) const;
  at::Tensor attend(int64_t index, const at::Tensor& x_BTC, const RotaryTable& rotary,
                    const ForwardOptions& options, DecoderOut& out) const;

  RunConfig config_;
  int64_t vocabulary_;
  ParamSet params_;
  const at::Tensor *embedding_, *positions_ = nullptr, *final_norm_, *unembedding_ = nullptr;
  std::vector<Layer> layers_;
  RotaryTable rotary_;
  at::ScalarType compute_;  // dtype of activations
};

}  // namespace sinkmoe
