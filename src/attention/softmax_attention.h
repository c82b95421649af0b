// The core op: causal softmax attention that returns output and gate, with exact gradients of both.
#pragma once

#include <ATen/core/Tensor.h>

#include "attention/sink_mode.h"
#include "tensor/backends.h"

namespace sinkmoe::attention {

struct AttentionOut {
  at::Tensor out_BHTK, gate_BHT;
};

// q [B,H,T,K], k and v [B,J,T,K] with J dividing H; sink_H [H] for SinkMode::logit, else undefined.
// Causal. No T x T tensor is kept. Gradients are right if only out, only gate or both are used.
// Throws std::invalid_argument (shape).
AttentionOut softmax_attention(const at::Tensor& q_BHTK, const at::Tensor& k_BJTK,
                               const at::Tensor& v_BJTK, double scale, SinkMode mode,
                               const at::Tensor& sink_H = {});

// The reference form: explicit T x T softmax in plain differentiable ops, any type. Slow; for
// tests, the self-test of a GPU and small probes.
AttentionOut explicit_attention(const at::Tensor& q_BHTK, const at::Tensor& k_BJTK,
                                const at::Tensor& v_BJTK, double scale, SinkMode mode,
                                const at::Tensor& sink_H = {});

// A backend is the whole op under autograd, because backends keep different values for their
// backward passes: cpu/tile_attention.h and sdpa/sdpa_attention.h.
struct SoftmaxAttention {
  static constexpr const char* name = "softmax attention";
  struct Kernels {
    // Like softmax_attention, after its checks. The last stride of q, k, v is 1.
    AttentionOut (*apply)(const at::Tensor& q_BHTK, const at::Tensor& k_BJTK,
                          const at::Tensor& v_BJTK, double scale, SinkMode mode,
                          const at::Tensor& sink_H);
  };
};

}  // namespace sinkmoe::attention
