// The core op: causal softmax attention that returns output and gate, with exact gradients of both.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

namespace sinkmoe::attention {

enum class SinkMode {
  none,       // plain attention; the gate is 1 everywhere and carries no gradient
  first_key,  // vanilla: G = 1 - weight on key 0 (E6), by the merge route: from the two logsumexps,
              // never 1 - A
  logit,  // learned sink logit per head without a value (E2, E7): G = sigma(LSE - s), output scaled
          // by G
};

struct AttentionOut {
  at::Tensor out_BHTK, gate_BHT;
};

// q [B,H,T,K], k and v [B,J,T,K] with J dividing H; sink_H [H] for SinkMode::logit, else undefined.
// Causal. No T x T tensor is kept. Gradients are right when only out, only gate or both are used.
// Throws std::invalid_argument (shape).
AttentionOut softmax_attention(const at::Tensor& q_BHTK, const at::Tensor& k_BJTK,
                               const at::Tensor& v_BJTK, double scale, SinkMode mode,
                               const at::Tensor& sink_H = {});

// The oracle: explicit T x T softmax in plain differentiable ops, any dtype. Slow; for
// tests and small probes.
AttentionOut explicit_attention(const at::Tensor& q_BHTK, const at::Tensor& k_BJTK,
                                const at::Tensor& v_BJTK, double scale, SinkMode mode,
                                const at::Tensor& sink_H = {});

}  // namespace sinkmoe::attention
