// One layer of a pretrained decoder with its weights in memory. Inference only. Letters: B rows, T
// tokens, C width, K head width.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "attention/mixer.h"
#include "inference/delta_net.h"
#include "inference/experts.h"
#include "model/ops/ops.h"
#include "pretrained/checkpoint.h"

namespace sinkmoe::inference {

struct LoadedLinear {
  at::Tensor weight, bias;  // bias may be undefined
};

struct LoadedNorm {
  at::Tensor weight, bias;
  bool exists() const { return weight.defined(); }
};

LoadedNorm load_norm(const pretrained::Model& model, const pretrained::Norm& norm);
at::Tensor apply_norm(const pretrained::Architecture& a, const LoadedNorm& norm,
                      const at::Tensor& x);

// The outputs of a layer's heads.
struct Mixed {
  attention::HeadIn in;
  attention::HeadOut out{.key_mass = attention::KeyMass::all()};
};

class LoadedLayer {
 public:
  LoadedLayer(const pretrained::Model& model, int64_t index);

  // The residual stream after the layer; fills `mixed`, except in a layer of linear attention.
  // Thread-safe. `rotary` is undefined for a layer without positions.
  at::Tensor forward(const at::Tensor& x_BTC, const model::RotaryTable& rotary, Mixed& mixed) const;

 private:
  at::Tensor attend(const at::Tensor& x_BTC, const model::RotaryTable& rotary, Mixed& mixed) const;
  attention::HeadIn project(const at::Tensor& x_BTC, const model::RotaryTable& rotary) const;
  attention::HeadOut mix(const attention::HeadIn& in) const;
  at::Tensor feed(const at::Tensor& x_BTC) const;

  const pretrained::Architecture& architecture_;
  const pretrained::Layer& plan_;
  LoadedNorm attention_norm_, attention_after_, feed_norm_, feed_after_, query_norm_, key_norm_;
  LoadedLinear query_, key_, value_, out_, gate_, up_, down_, head_gate_;
  at::Tensor sinks_H_;
  std::optional<LoadedExperts> experts_;
  std::optional<LoadedDeltaNet> delta_;
};

}  // namespace sinkmoe::inference
