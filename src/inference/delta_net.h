// A layer of linear attention by the gated delta rule, in the place of softmax attention.
#pragma once

#include <ATen/core/Tensor.h>

#include "pretrained/checkpoint.h"

namespace sinkmoe::inference {

class LoadedDeltaNet {
 public:
  LoadedDeltaNet(const pretrained::Model& model, const pretrained::DeltaNet& plan);
  // x [B,T,C], normed -> what the layer adds to the residual stream. Thread-safe.
  at::Tensor forward(const at::Tensor& x_BTC) const;

 private:
  // The sum of each channel's last `kernel` tokens, weighted, through SiLU.
  at::Tensor convolve(const at::Tensor& x_BTD) const;

  const pretrained::DeltaNet& plan_;
  double norm_eps_;
  at::Tensor in_, rates_, convolution_DN_, decay_H_, step_bias_H_, norm_, out_;
};

// The gated delta rule over the tokens of N heads, from an empty state S [K, V]:
//   S <- decay S;  S <- S + k (beta (v - k S));  out = q S
// q, k [N,T,K]; v [N,T,V]; decay, beta [N,T]. Returns [N,T,V].
at::Tensor delta_rule(const at::Tensor& q_NTK, const at::Tensor& k_NTK, const at::Tensor& v_NTV,
                      const at::Tensor& decay_NT, const at::Tensor& beta_NT);

}  // namespace sinkmoe::inference
